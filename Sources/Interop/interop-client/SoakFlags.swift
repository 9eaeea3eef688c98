// The flags of the soak cases.
import ArgumentParser

struct SoakFlags: ParsableArguments {
  @Option(name: .customLong("soak_iterations"), help: "How many calls to make.")
  var iterations = 10

  @Option(name: .customLong("soak_max_failures"), help: "How many of them may fail or be too slow.")
  var maxFailures = 0

  @Option(
    name: .customLong("soak_per_iteration_max_acceptable_latency_ms"),
    help: "How many milliseconds a call may take.")
  var maxLatencyMilliseconds = 1000

  @Option(
    name: .customLong("soak_overall_timeout_seconds"),
    help: "How many seconds all calls together may take; by default the sum of their limits.")
  var overallTimeoutSeconds: Int?

  @Option(
    name: .customLong("soak_min_time_ms_between_rpcs"),
    help: "The minimum number of milliseconds between the starts of two calls.")
  var minMillisecondsBetweenCalls = 0

  @Option(name: .customLong("soak_request_size"), help: "How many bytes a request has.")
  var requestBytes = 271_828

  @Option(name: .customLong("soak_response_size"), help: "How many bytes a response has.")
  var responseBytes = 314_159

  @Option(name: .customLong("soak_num_threads"), help: "How many tasks make calls concurrently, each its share.")
  var tasks = 1

  func validate() throws {
    guard iterations > 0, tasks > 0, iterations % tasks == 0 else {
      throw ValidationError("--soak_iterations must be a multiple of --soak_num_threads, and both at least 1.")
    }
    guard requestBytes >= 0, responseBytes >= 0, maxFailures >= 0, minMillisecondsBetweenCalls >= 0 else {
      throw ValidationError("The numbers of a soak cannot be negative.")
    }
  }

  var maxLatency: Duration { .milliseconds(maxLatencyMilliseconds) }

  var overallTimeout: Duration {
    let perCall = max(maxLatency, .milliseconds(minMillisecondsBetweenCalls))
    return overallTimeoutSeconds.map { .seconds($0) } ?? perCall * iterations
  }
}
