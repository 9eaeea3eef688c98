// Hostile peers of a WebSocket, on real sockets: each gets an error with a code, and leaves nothing behind.
import Freshet
import FreshetTransport
import FreshetWebSocket
import NIOCore
import Synchronization
import TestSupport
import Testing
import WebSocketFuzzing

@testable import FreshetWeb

@Suite(.timeLimit(.minutes(3))) struct WebSocketAttackTests {
  /// Counts handlers, and what they read.
  private final class Handlers: Sendable {
    struct State {
      var begun = 0
      var running = 0
      /// What the handler that runs next, or now, has read.
      var read = Signal<[String]>()
    }

    let state = Mutex(State())

    /// Reads everything, and logs how it ended.
    func web(_ options: WebSocketOptions = WebSocketOptions()) -> WebConfiguration {
      WebConfiguration {
        $0.webSocket("/", options: options) { socket, _ in
          self.state.withLock { ($0.begun, $0.running) = ($0.begun + 1, $0.running + 1) }
          var read: [String] = []
          do throws(WebSocketError) {
            for try await message in socket.messages { read.append("\(message)") }
            read.append("\(socket.closeCode.map { "\($0)" } ?? "-")")
          } catch { read.append("\(error.kind) \(error.code)") }
          let signal = self.state.withLock { state in
            state.running -= 1
            defer { state.read = Signal() }
            return state.read
          }
          signal.set(read)
        }
      }
    }
  }

  // MARK: Cuts

  private static let conversation: [RawFrame] = [
    .text("Hello"), RawFrame(0x01, "a"), .ping("p"), RawFrame(0x80, "b"), .binary([1, 2, 3]), .close(1000, "bye"),
  ]
  private static let whole = ["text(\"Hello\")", "text(\"ab\")", "binary(", "1000"]

  /// Whether this is what comes of a beginning of the conversation.
  private func isBeginning(_ read: [String]) -> Bool {
    guard let end = read.last else { return false }
    let isPrefix = zip(read.dropLast(), Self.whole).allSatisfy { $0.hasPrefix($1) }
    return isPrefix && (end == "lost 1006" || end == "1000" && read.count == Self.whole.count)
  }

  @Test func `a client that is cut off after any byte leaves nothing at the server`() async throws {
    let handlers = Handlers()
    try await withWebServer(web: handlers.web()) { port in
      let head = Array(RawWebSocket.opening().utf8)
      let bytes = head + Self.conversation.flatMap { $0.bytes(masked: true) }
      for count in 0...bytes.count {
        let (begun, read) = handlers.state.withLock { ($0.begun, $0.read) }
        let answer = try await onThread {
          let socket = RawSocket(port: port)
          socket.send(bytes[..<count])
          socket.finish()
          return socket.readToEnd()
        }
        let hasBegun = handlers.state.withLock { $0.begun } > begun
        try #require(answer != nil, "after \(count) bytes the server does not end the connection")
        // A connection that ends with its request may be closed before the handler runs.
        #expect(count >= head.count || !hasBegun)
        if hasBegun {
          let read = try await read.value()
          #expect(isBeginning(read), "after \(count) bytes: \(read)")
        }
      }
    }
    #expect(handlers.state.withLock { $0.running } == 0)
  }

  @Test func `a server that is cut off after any byte is an error at the client`() async throws {
    let conversation = Self.conversation.flatMap { $0.bytes(masked: false) }
    let headBytes = RawWebSocket.acceptance(of: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==").utf8.count
    for count in 0...(headBytes + conversation.count) {
      let listener = LoopbackListener()
      let server = Task {
        let descriptor = try await listener.accept()
        try await onThread {
          let socket = RawSocket(descriptor: descriptor)
          let request = String(decoding: socket.read() ?? [], as: UTF8.self)
          socket.send((Array(RawWebSocket.acceptance(of: request).utf8) + conversation)[..<count])
          socket.finish()
          _ = socket.readToEnd()
        }
      }
      var read: [String] = []
      do {
        let socket = try await WebSocket.open("ws://127.0.0.1:\(listener.port)/", options: SocketCarrier.http1.options)
        do throws(WebSocketError) {
          for try await message in socket.messages { read.append("\(message)") }
          read.append("\(socket.closeCode.map { "\($0)" } ?? "-")")
        } catch { read.append("\(error.kind) \(error.code)") }
        #expect(count >= headBytes && isBeginning(read), "after \(count) bytes: \(read)")
        await socket.finish()
      } catch {
        #expect(count < headBytes && error.kind == .opening, "after \(count) bytes: \(error)")
      }
      try await server.value
    }
  }

  // MARK: Handshakes

  @Test(
    arguments: [
      ("Host: a\r\n", "", 400), ("GET", "POST", 405), ("Upgrade: websocket\r\n", "", 426),
      ("Upgrade: websocket", "Upgrade: h2c", 426), ("Connection: Upgrade\r\n", "", 426),
      ("Connection: Upgrade", "Connection: keep-alive", 426), ("Version: 13", "Version: 12", 426),
      ("Sec-WebSocket-Version: 13\r\n", "", 426), ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400),
      ("ZQ==", "Z", 400), ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j", 400),
      ("\r\n\r\n", "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 400),
      ("\r\n\r\n", "\r\nOrigin: https://evil.example\r\n\r\n", 403), ("/ HTTP/1.1", "/nowhere HTTP/1.1", 404),
    ])
  func `W62: a handshake that is wrong in one field is refused in HTTP`(
    _ part: String, _ wrong: String, _ status: Int
  ) async throws {
    let handlers = Handlers()
    try await withWebServer(web: handlers.web()) { port in
      let request = RawWebSocket.opening().replacing(part, with: wrong, maxReplacements: 1)
      let answer = try await onThread {
        let socket = RawSocket(port: port)
        // Refusals leave the connection open, but for those of HTTP itself.
        socket.send((request + "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").utf8)
        return String(decoding: socket.readToEnd() ?? [], as: UTF8.self)
      }
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
      #expect(answer.contains("/next") || part.hasPrefix("Host"), "\(answer)")
    }
    #expect(handlers.state.withLock { $0.begun } == 0)
  }

  @Test(
    arguments: [
      ("101 Switching Protocols", "200 OK"), ("101 Switching Protocols", "403 Forbidden"), ("101", "1O1"),
      ("HTTP/1.1", "HTTP/3"), ("Upgrade: websocket\r\n", ""), ("Upgrade: websocket", "Upgrade: h2c"),
      ("Connection: Upgrade\r\n", ""), ("Accept: ", "Accept: x"), ("Sec-WebSocket-Accept: ", "X: "),
      ("\r\n\r\n", "\r\nSec-WebSocket-Protocol: other\r\n\r\n"),
      ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
      ("101 Switching Protocols", "302 Found\r\nLocation: http://elsewhere.example/"),
    ])
  func `W65: an answer that is wrong in one field opens nothing, and is reported`(
    _ part: String, _ wrong: String
  ) async throws {
    let listener = LoopbackListener()
    let server = Task {
      let descriptor = try await listener.accept()
      try await onThread {
        let socket = RawSocket(descriptor: descriptor)
        let request = String(decoding: socket.read() ?? [], as: UTF8.self)
        let answer = RawWebSocket.acceptance(of: request).replacing(part, with: wrong, maxReplacements: 1)
        socket.send(answer.utf8)
        socket.finish()
        // The client leaves.
        let rest = socket.readToEnd()
        #expect(rest != nil)
      }
    }
    let error = await #expect(throws: WebSocketError.self) {
      _ = try await WebSocket.open("ws://127.0.0.1:\(listener.port)/", options: SocketCarrier.http1.options)
    }
    #expect(error?.kind == .opening)
    if wrong.hasPrefix("302") { #expect(error?.message.contains("elsewhere.example") == true) }
    try await server.value
  }

  // MARK: Frames

  /// Sends bytes, and expects a close with this code and word in its reason, and the same for the reader.
  private func attack(
    _ side: Side, limits: WebSocketLimits = WebSocketLimits(), deflates: Bool = false, _ code: Int, _ word: String,
    _ attack: @escaping @Sendable (RawWebSocket) -> Void
  ) async throws {
    try await side.meet(limits: limits, deflates: deflates) { socket, peer in
      let raw = peer.socket
      async let attacking: Void = onThread { attack(raw) }
      let error = await #expect(throws: WebSocketError.self) { for try await _ in socket.messages {} }
      #expect(
        error?.code.rawValue == UInt16(code) && error?.message.contains(word) == true, "\(error.debugDescription)")
      let (unread, buffered) = await socket.end.stream.executor.call {
        (socket.end.stream.unreadBytes, socket.end.stream.bufferedBytes)
      }
      #expect(unread <= 1 << 20 && buffered <= 5 << 20, "\(unread) \(buffered)")
      await socket.finish()
      var last = try await peer.read()
      while last.first != 0x88 { last = try await peer.read() }
      #expect(last.payload.prefix(2) == [UInt8(code >> 8), UInt8(code & 0xFF)])
      try await attacking
    }
  }

  @Test(arguments: Side.allCases)
  func `a length of 2^63 is 1002, and one above the limit 1009, before a byte of it has come`(_ side: Side) async throws
  {
    let mask: UInt8 = side == .server ? 0x80 : 0
    try await attack(side, 1002, "top bit") {
      $0.socket.send([0x82, mask | 127, 0x80] + [UInt8](repeating: 0, count: 11))
    }
    try await attack(side, 1009, "maxMessageBytes") {
      $0.socket.send([0x82, mask | 127, 0x7F] + [UInt8](repeating: 0xFF, count: 11))
    }
  }

  @Test(arguments: Side.allCases)
  func `a million empty fragments are 1009`(_ side: Side) async throws {
    try await attack(side, 1009, "maxFragments") { raw in
      raw.send(RawFrame(0x01))
      let empty = (0..<1000).flatMap { _ in RawFrame(0x00).bytes(masked: side == .server) }
      for _ in 0..<1000 { raw.socket.send(empty) }
    }
  }

  @Test(arguments: Side.allCases, [RawFrame.ping(String(repeating: "p", count: 125)), .pong(), .text("")])
  func `a flood of frames that carry nothing is 1008`(_ side: Side, _ frame: RawFrame) async throws {
    try await attack(side, 1008, "frameBurst") { raw in
      let flood = (0..<1000).flatMap { _ in frame.bytes(masked: side == .server) }
      for _ in 0..<100 { raw.socket.send(flood) }
    }
  }

  @Test(arguments: Side.allCases)
  func `a deflate bomb is 1009`(_ side: Side) async throws {
    try await attack(side, deflates: true, 1009, "maxMessageBytes") { raw in
      var session = WebSocketSession(role: side == .server ? .client : .server, deflate: DeflateParameters())
      var wire = ByteBuffer()
      try? session.send(ByteBuffer(repeating: 0, count: 8 << 20), as: .binary)
      session.writeOutput(into: &wire)
      raw.socket.send(wire.readableBytesView)
    }
  }

  @Test func `a peer that stops reading and answering is left, and nothing waits for it`() async throws {
    let errors = Log<WebSocketError>(), isOver = Signal<Void>()
    let options = WebSocketOptions {
      $0.pingInterval = .milliseconds(50)
      $0.pongTimeout = .seconds(1)
      $0.closeTimeout = .seconds(1)
    }
    let web = WebConfiguration {
      $0.webSocket("/", options: options) { socket, _ in
        async let whole: Void = { () async throws(WebSocketError) in
          while true { try await socket.send(ByteBuffer(repeating: 1, count: 100_000)) }
        }()
        do throws(WebSocketError) {
          for try await _ in socket.messages {}
        } catch { errors.append(error) }
        do {
          try await whole
        } catch let error as WebSocketError { errors.append(error) }
        do {
          try await socket.send(.binary) { writer in try await writer.write(ByteBuffer(bytes: [1])) }
        } catch let error as WebSocketError { errors.append(error) }
        isOver.set()
      }
    }
    try await withWebServer(web: web) { port in
      let client = try await onThread { try RawWebSocket(port: port) }
      try await isOver.value()
      #expect(errors.values.count == 3)
      // Whatever it gets, it gets an end.
      #expect(try await onThread { client.socket.readToEnd() } != nil)
    }
    #expect(errors.values.first?.code == .policyViolation)
  }
}
