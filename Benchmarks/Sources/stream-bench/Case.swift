// One way to pass numbers from a producer to a consumer, and its measurements.

/// Passes this many numbers and returns their sum, so that no work can be optimized away.
struct Case {
  typealias Pass = @Sendable (_ count: Int) async throws -> Int

  let name: String
  let pass: Pass
  /// Nanoseconds per element, one value per round.
  var costs: [Double] = []

  init(_ name: String, _ pass: @escaping Pass) {
    self.name = name
    self.pass = pass
  }

  mutating func run(count: Int, on thread: OneThread?) async throws {
    let begin = ContinuousClock.now
    let sum =
      if let thread { try thread.run { [pass] in try await pass(count) } } else { try await passAnywhere(count) }
    let time = ContinuousClock.now - begin
    precondition(sum == count * (count - 1) / 2, "\(name) lost elements")
    costs.append(time / .nanoseconds(1) / Double(count))
  }

  /// Off the main thread, which avoids hops to it.
  @concurrent
  private func passAnywhere(_ count: Int) async throws -> Int { try await pass(count) }

  var median: Double { costs.sorted()[costs.count / 2] }
}

/// The sum of a sequence.
func sum<Numbers: AsyncSequence>(of numbers: Numbers) async throws -> Int where Numbers.Element == Int {
  var sum = 0
  for try await number in numbers { sum += number }
  return sum
}
