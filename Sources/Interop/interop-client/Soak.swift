// Makes a given number of calls, and checks how long they took and how many failed.
import ExampleSupport
import Freshet

struct Soak: Sendable {
  typealias Call = @Sendable (CallOptions) async throws -> Void

  private struct Iteration {
    var elapsed: Duration
    /// nil for a call that succeeded in time.
    var failure: String?
  }

  let flags: SoakFlags

  /// - Throws: `Unexpected` when too many calls fail, or time is up before all are made.
  func run(_ call: @escaping Call) async throws {
    let end = ContinuousClock.now + flags.overallTimeout
    let iterations = await withTaskGroup { group in
      for _ in 0..<flags.tasks {
        group.addTask { await share(until: end, call) }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    tell(iterations)
    try expect("the number of calls made within \(flags.overallTimeout)", iterations.count, is: flags.iterations)
    let failures = iterations.count { $0.failure != nil }
    guard failures <= flags.maxFailures else {
      throw Unexpected(
        what: "the number of calls that failed or were too slow", expected: "at most \(flags.maxFailures)",
        came: "\(failures)")
    }
  }

  /// The calls of one task, one after another.
  private func share(until end: ContinuousClock.Instant, _ call: Call) async -> [Iteration] {
    var iterations: [Iteration] = []
    for _ in 0..<flags.iterations / flags.tasks {
      let start = ContinuousClock.now
      guard start < end else { break }
      iterations.append(await measured(from: start) { try await call(CallOptions(timeout: end - start)) })
      try? await Task.sleep(until: start + .milliseconds(flags.minMillisecondsBetweenCalls), clock: .continuous)
    }
    return iterations
  }

  private func measured(from start: ContinuousClock.Instant, _ call: () async throws -> Void) async -> Iteration {
    var failure: String?
    do { try await call() } catch { failure = "\(error)" }
    let elapsed = ContinuousClock.now - start
    if failure == nil, elapsed > flags.maxLatency { failure = "took \(elapsed), and may take \(flags.maxLatency)" }
    return Iteration(elapsed: elapsed, failure: failure)
  }

  private func tell(_ iterations: [Iteration]) {
    for case (let index, let failure?) in zip(1..., iterations.map(\.failure)) {
      say("iteration \(index) failed: \(failure)")
    }
    let times = iterations.map(\.elapsed).sorted()
    guard let longest = times.last else { return }
    say("\(times.count) calls: the median took \(times[times.count / 2]), the longest \(longest)")
  }
}
