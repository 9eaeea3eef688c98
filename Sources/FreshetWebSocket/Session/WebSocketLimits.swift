// How much a peer may send, and how much of it may wait.

/// Bounds of a WebSocket (web.md W74). What exceeds one ends the connection, with a close whose reason names the setting.
public struct WebSocketLimits: Sendable, Hashable {
  /// The maximum size of a message, also decompressed. Beyond it the connection closes with 1009. Messages that are read
  /// in parts have no limit. 1 or more, at most 2³¹ − 1.
  public var maxMessageBytes = 4 << 20

  /// How many frames a message may have, besides one for each 16 bytes of it. 1 or more.
  public var maxFragments = 1024

  /// How many bytes of messages may be unread before nothing more is taken from the connection; each message counts 64
  /// bytes more. 1 or more.
  public var maxUnreadBytes = 512 << 10

  /// How many frames that carry nothing (pings, pongs and empty ones) the peer may send at once; beyond that the
  /// connection closes with 1008. 1 or more.
  public var frameBurst = 10_000

  /// How many such frames per second the peer may send in the long run, besides those it earns. 1 or more.
  public var framesPerSecond = 100

  /// How many such frames the peer earns by each frame that it is sent. 0 or more.
  public var framesPerSentFrame = 10

  public init() {}

  /// The defaults, except for what the closure sets.
  public init(_ configure: (inout WebSocketLimits) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }

  /// - Throws: `WebSocketError.Kind.invalidSetting` with the setting's name, value and range.
  public func validate() throws(WebSocketError) {
    let numbers = [
      ("maxMessageBytes", maxMessageBytes, 1), ("maxFragments", maxFragments, 1), ("maxUnreadBytes", maxUnreadBytes, 1),
      ("frameBurst", frameBurst, 1), ("framesPerSecond", framesPerSecond, 1),
      ("framesPerSentFrame", framesPerSentFrame, 0),
    ]
    for (name, value, least) in numbers where !(least...Int(Int32.max)).contains(value) {
      throw WebSocketError(
        .invalidSetting, code: .abnormal, "\(name) is \(value), but must be \(least) to \(Int32.max)")
    }
  }
}
