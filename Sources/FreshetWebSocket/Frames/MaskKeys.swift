// Unpredictable masks, drawn from OpenSSL's generator many at a time.

/// A fresh key for each frame. A page must not be able to predict it: it could then write requests of its own choice
/// into caches and proxies that do not know WebSocket (RFC 6455 §10.3).
package struct MaskKeys {
  private enum Source {
    case system
    /// For tests.
    case predictable(any RandomNumberGenerator)
  }

  /// A draw costs as much as dozens of keys.
  private static let drawnCount = 64

  private var source: Source
  private var keys: [UInt32] = []

  package init() { source = .system }

  /// Keys that a test can repeat.
  package init(_ generator: any RandomNumberGenerator) { source = .predictable(generator) }

  package mutating func next() -> MaskKey {
    if keys.isEmpty { draw() }
    return MaskKey(keys.removeLast())
  }

  private mutating func draw() {
    switch source {
    case .system: keys = RandomBytes.words(Self.drawnCount)
    case .predictable(var generator):
      keys.append(UInt32(truncatingIfNeeded: generator.next()))
      source = .predictable(generator)
    }
  }
}
