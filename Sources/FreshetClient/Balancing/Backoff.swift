// How long to wait between attempts to connect (gRPC's connection back-off, grpc-wire.md C10).

/// The delays after consecutive failures. A value; time and randomness are passed in.
struct Backoff: Sendable {
  static let initialDelay = Duration.seconds(1)
  static let multiplier = 1.6
  static let maxDelay = Duration.seconds(120)
  /// Each delay varies by this fraction in both directions, so that clients do not reconnect in step.
  static let jitter = 0.2

  private var nextDelay = Backoff.initialDelay

  /// The delay after another failure.
  mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
    let delay = nextDelay
    nextDelay = min(nextDelay * Self.multiplier, Self.maxDelay)
    return delay * Double.random(in: (1 - Self.jitter)...(1 + Self.jitter), using: &generator)
  }

  /// A connection became ready.
  mutating func reset() { nextDelay = Self.initialDelay }
}
