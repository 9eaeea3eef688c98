// Opening a WebSocket as a client.
import FreshetCore
import FreshetTransport
public import FreshetWebSocket
import NIOPosix

extension WebSocket {
  /// Opens a WebSocket, passes it to `body`, and closes it when that returns: with 1000, or with 1001 if it throws.
  ///
  /// ```swift
  /// try await WebSocket.connect("wss://chat.example/rooms/lobby") { socket in
  ///   try await socket.send("hello")
  ///   for try await case .text(let line) in socket.messages { print(line) }
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - url: `ws:` or `wss:`, without user name and fragment.
  ///   - options: subprotocols, fields, TLS, limits.
  /// - Throws: `WebSocketError` of kind `opening` if the server cannot be reached or refuses, which the message
  ///   describes, `invalidSetting` for a URL or option that cannot be used; what `body` throws.
  public static func connect<Result: Sendable>(
    _ url: String, options: WebSocketClientOptions = WebSocketClientOptions(),
    _ body: (WebSocket) async throws -> Result
  ) async throws -> Result {
    let socket = try await open(url, options: options)
    do {
      let result = try await body(socket)
      await socket.conclude(.normal, reason: "")
      return result
    } catch {
      await socket.conclude(.goingAway, reason: "")
      throw error
    }
  }

  /// Opens a WebSocket. Its owner closes it with `finish`, and reads `messages` to their end. If it and its messages are
  /// released before, it is closed with 1001.
  /// - Parameters and errors: as of `connect`.
  public static func open(
    _ url: String, options: WebSocketClientOptions = WebSocketClientOptions()
  ) async throws(WebSocketError) -> WebSocket {
    let url = try WebSocketURL(url)
    try options.limits.validate()
    try options.compression?.validate()
    try options.times.validate()
    try WebSocketTimes.check("openTimeout", options.openTimeout)
    let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
    switch options.http {
    case .http2: return try await WebSocketDialer(url, options, [.http2], on: executor).dial()
    case .http1: return try await WebSocketDialer(url, options, [.http1], on: executor).dial()
    case .automatic:
      if !url.isSecure { return try await WebSocketDialer(url, options, [.http1], on: executor).dial() }
      do throws(WebSocketError) {
        return try await WebSocketDialer(url, options, [.http2, .http1], on: executor).dial()
      } catch {
        // A server may speak HTTP/2 without taking WebSockets over it (W81).
        guard error == .noExtendedConnect else { throw error }
        return try await WebSocketDialer(url, options, [.http1], on: executor).dial()
      }
    }
  }
}

extension WebSocketError {
  static let noExtendedConnect = WebSocketError(
    .opening, code: .abnormal, "the server does not take WebSockets over HTTP/2 (SETTINGS_ENABLE_CONNECT_PROTOCOL)")
}
