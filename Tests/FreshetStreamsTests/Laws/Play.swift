// Runs a consumer of one specimen in a random event order, and checks what it leaves behind.
import TestSupport
import Testing

/// A consumer's task and all tasks that it starts, on one thread: if there is no progress after ``init``, it is
/// waiting.
struct Play {
  typealias Script = @Sendable (AnyStream, Probe) async throws -> Void

  let probe = Probe()
  /// Errors thrown by the script.
  let errors = Log<String>()
  private let executor: RandomOrderExecutor
  private let over = Event()
  private let task: Task<Void, Never>
  private let seed: UInt64

  @discardableResult
  init(_ specimen: Specimen, _ ending: Ending, _ seed: UInt64, script: @escaping Script) {
    self.seed = seed
    executor = RandomOrderExecutor(seed: seed)
    task = Task(executorPreference: executor) { [probe, errors, over] in
      defer { over.fire() }
      do { try await script(specimen.make(probe, ending), probe) } catch { errors.append("\(type(of: error))") }
    }
    goOn()
  }

  var isOver: Bool { over.hasFired }

  /// Runs what can run, and advances the time as long as that may help.
  func goOn() {
    for _ in 0..<10 {
      executor.drain()
      if probe.clock.sleeperCount == 0 { break }
      probe.clock.advance(by: .seconds(1))
    }
    executor.drain()
  }

  func cancel() {
    task.cancel()
    goOn()
  }

  /// The consumer has ended, and no task, stream or iterator retains its source.
  func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(isOver, "the consumer still waits, seed \(seed)", sourceLocation: sourceLocation)
    let (starts, ends) = (probe.starts.values.count, probe.ends.values.count)
    #expect(starts == ends, "a body did not end, seed \(seed)", sourceLocation: sourceLocation)
    #expect(probe.alive == 0, "something holds the source, seed \(seed)", sourceLocation: sourceLocation)
    #expect(probe.clock.sleeperCount == 0, "a timer is left, seed \(seed)", sourceLocation: sourceLocation)
  }
}
