// What both sides agreed on about compression (RFC 7692 §7.1).

/// The parameters of permessage-deflate.
package struct DeflateParameters: Sendable, Hashable {
  package var serverTakesContextOver = true
  package var clientTakesContextOver = true
  /// 8 to 15.
  package var serverWindowBits = 15
  package var clientWindowBits = 15

  package init() {}

  package func takesContextOver(_ role: WebSocketRole) -> Bool {
    role == .server ? serverTakesContextOver : clientTakesContextOver
  }

  package func windowBits(_ role: WebSocketRole) -> Int { role == .server ? serverWindowBits : clientWindowBits }
}

/// How messages are compressed, if the peer agrees (RFC 7692).
public struct DeflateOptions: Sendable, Hashable {
  /// The size of the window, as a power of two: 9 to 15. A connection with context takeover holds four times the window
  /// for what it sends, plus 16 KiB, and once the window plus 10 KiB for what it receives.
  public var windowBits: Int
  /// Whether a message may refer to earlier ones, which compresses short ones far better and takes memory for each
  /// connection.
  public var contextTakeover: Bool
  /// Shorter messages are sent as they are.
  public var minimumBytes: Int

  public init(windowBits: Int = 12, contextTakeover: Bool = true, minimumBytes: Int = 64) {
    self.windowBits = windowBits
    self.contextTakeover = contextTakeover
    self.minimumBytes = minimumBytes
  }

  /// - Throws: `WebSocketError.Kind.invalidSetting` with the setting's name, value and range.
  public func validate() throws(WebSocketError) {
    guard (9...15).contains(windowBits) else {
      throw WebSocketError(.invalidSetting, code: .abnormal, "windowBits is \(windowBits), but must be 9 to 15")
    }
    guard minimumBytes >= 0 else {
      throw WebSocketError(.invalidSetting, code: .abnormal, "minimumBytes is \(minimumBytes), but must be at least 0")
    }
  }
}
