// Gives damaged input to the parsers of the web's protocols, which must not crash and must keep their laws.
import Fuzzing

/// A run that can be repeated: equal seeds damage equally.
public struct WebFuzzRun {
  public struct Outcome: Sendable {
    /// How many inputs each parser took and refused.
    public var taken: [String: Int] = [:]
    public var refused: [String: Int] = [:]
    /// Inputs for which a law did not hold, the first ten.
    public var faults: [String] = []
  }

  private let seed: UInt64

  public init(seed: UInt64) { self.seed = seed }

  /// - Parameter progress: called with the number of inputs so far, now and then.
  public func run(count: Int, progress: (Int) -> Void = { _ in }) -> Outcome {
    var outcome = Outcome(), mutators = WebSubject.all.map { Mutator(seed: seed, words: $0.words) }
    for index in 0..<count {
      let place = index % WebSubject.all.count
      let subject = WebSubject.all[place]
      let spares = subject.samples
      let damaged = mutators[place].mutate(spares[mutators[place].index(below: spares.count)], spares: spares)
      switch subject.parse(damaged, &mutators[place]) {
      case .taken: outcome.taken[subject.name, default: 0] += 1
      case .refused: outcome.refused[subject.name, default: 0] += 1
      case .broken(let law) where outcome.faults.count < 10:
        outcome.faults.append("\(subject.name): \(law): \(damaged)")
      case .broken: break
      }
      if index % 100_000 == 99_999 { progress(index + 1) }
    }
    return outcome
  }

  /// The names of all parsers.
  public static var subjects: [String] { WebSubject.all.map(\.name) }
}
