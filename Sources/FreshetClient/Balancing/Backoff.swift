// How long to wait between attempts to connect (gRPC's connection back-off, grpc-wire.md C10).

/// The delays of a row of failures. A value; time and chance come from outside.
struct Backoff: Sendable {
  static let initialDelay = Duration.seconds(1)
  static let multiplier = 1.6
  static let maxDelay = Duration.seconds(120)
  /// Each delay is spread by this part in both directions, so that clients do not come back in step.
  static let jitter = 0.2

  private var nextDelay = Backoff.initialDelay

  /// The delay after one more failure.
  mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
    let delay = nextDelay
    nextDelay = min(nextDelay * Self.multiplier, Self.maxDelay)
    return delay * Double.random(in: (1 - Self.jitter)...(1 + Self.jitter), using: &generator)
  }

  /// A connection became ready.
  mutating func reset() { nextDelay = Self.initialDelay }
}
