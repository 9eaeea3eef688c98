// WebSockets between our server and our client, over each carrier on real sockets.
import Freshet
import FreshetCore
import FreshetWebSocket
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FreshetWeb

/// How a client's WebSocket is carried.
enum SocketCarrier: String, CaseIterable, Sendable {
  case http1, http2, tlsHTTP1, tlsHTTP2

  var usesTLS: Bool { self == .tlsHTTP1 || self == .tlsHTTP2 }

  func url(_ port: Int, _ path: String) -> String { "\(usesTLS ? "wss" : "ws")://127.0.0.1:\(port)\(path)" }

  var options: WebSocketClientOptions {
    WebSocketClientOptions {
      $0.http = self == .http1 || self == .tlsHTTP1 ? .http1 : .http2
      $0.tls = .client(verification: .none)
      // A busy machine may take its time.
      $0.openTimeout = .seconds(60)
      $0.closeTimeout = .seconds(60)
      $0.pingInterval = nil
    }
  }
}

@Suite(.timeLimit(.minutes(2))) struct WebSocketTests {
  private static let web = WebConfiguration {
    $0.webSocket("/echo") { socket, _ in for try await message in socket.messages { try await socket.send(message) } }
    $0.webSocket("/rooms/{room}", options: .init { $0.subprotocols = ["b", "a"] }) { socket, request in
      let parts = [
        request.parameters["room"], request.query, request["x-a"], socket.subprotocol, "\(request.context.protocol)",
        request.context.method,
      ]
      try await socket.send(parts.map { $0 ?? "-" }.joined(separator: " "))
    }
    $0.webSocket("/deflate", options: .init { $0.compression = DeflateOptions(minimumBytes: 0) }) { socket, _ in
      for try await message in socket.messages { try await socket.send(message) }
    }
    $0.webSocket("/count") { _, _ in AsyncGenerator { yield in for n in 0..<3 { try await yield(.text("\(n)")) } } }
    $0.webSocket("/fail") { _, _ in throw RPCError(code: .permissionDenied, message: "not you") }
    $0.webSocket("/secret") { _, _ in throw Secret() }
    $0.webSocket("/code") { _, _ in throw WebSocketError(.closed, code: CloseCode(rawValue: 4001), "my own") }
    $0.webSocket("/small", options: .init { $0.limits.maxMessageBytes = 10 }) { socket, _ in
      for try await message in socket.messages { try await socket.send(message) }
    }
    $0.webSocket("/origins", options: .init { $0.origins = .list(["https://ok.example"]) }) { _, _ in }
    $0.http("GET", "/plain") { _ in HTTPResponse("plain") }
  }

  private struct Secret: Error {}

  private func open(
    _ carrier: SocketCarrier, _ path: String, _ configure: (inout WebSocketClientOptions) -> Void = { _ in },
    _ body: (WebSocket) async throws -> Void
  ) async throws {
    var options = carrier.options
    configure(&options)
    try await withWebServer(tls: carrier.usesTLS, web: Self.web) { port in
      try await WebSocket.connect(carrier.url(port, path), options: options, body)
    }
  }

  private static let opening =
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

  // MARK: Messages

  @Test(arguments: SocketCarrier.allCases, ["/echo", "/deflate"])
  func `messages of any size come back as they were`(_ carrier: SocketCarrier, _ path: String) async throws {
    try await open(carrier, path, { $0.compression = DeflateOptions(minimumBytes: 0) }) { socket in
      var messages = socket.messages.makeAsyncIterator()
      for size in [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20] {
        let text = WebSocketMessage.text(String(repeating: "ü", count: size / 2) + (size % 2 == 1 ? "x" : ""))
        let bytes = WebSocketMessage.binary(ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }))
        for message in [text, bytes] {
          try await socket.send(message)
          #expect(try await messages.next() == message, "\(size)")
        }
      }
      await socket.finish(.normal, reason: "done")
      #expect(try await messages.next() == nil)
      #expect(try await messages.next() == nil)
      #expect(socket.closeCode == .normal)
    }
  }

  @Test(arguments: SocketCarrier.allCases)
  func `the handler knows path, query, fields, subprotocol and protocol`(_ carrier: SocketCarrier) async throws {
    try await open(
      carrier, "/rooms/a%20b?c=d",
      {
        $0.subprotocols = ["a", "b"]
        $0.fields = [HTTPField("X-A", "1")]
      }
    ) { socket in
      #expect(socket.subprotocol == "b")
      var messages = socket.messages.makeAsyncIterator()
      let first = try await messages.next(), second = try await messages.next()
      #expect(first == .text("a b c=d 1 b websocket WEBSOCKET /rooms/{room}") && second == nil)
    }
  }

  @Test(arguments: SocketCarrier.allCases)
  func `a handler may return what is sent`(_ carrier: SocketCarrier) async throws {
    try await open(carrier, "/count") { socket in
      var all: [WebSocketMessage] = []
      for try await message in socket.messages { all.append(message) }
      #expect(all == [.text("0"), .text("1"), .text("2")])
      #expect(socket.closeCode == .normal)
    }
  }

  @Test func `tasks may send at the same time, and every message arrives once`() async throws {
    try await open(.http1, "/echo") { socket in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<10 {
          group.addTask {
            let filler = String(repeating: "x", count: 20_000)
            for n in 0..<20 { try await socket.send("\(task) \(n) \(filler)") }
          }
        }
        var seen: Set<String> = []
        for try await case .text(let text) in socket.messages {
          seen.insert(text.split(separator: " ").prefix(2).joined(separator: " "))
          if seen.count == 200 { break }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func `a ping measures the round trip`() async throws {
    try await open(.http1, "/echo") { socket in
      #expect(socket.latency == nil)
      try await socket.ping()
      try await socket.send("x")
      var messages = socket.messages.makeAsyncIterator()
      #expect(try await messages.next() == .text("x"))
      #expect(socket.latency.map { $0 >= .zero } == true)
    }
  }

  // MARK: Back-pressure

  @Test(arguments: SocketCarrier.allCases)
  func `a handler that does not read stops the client, and loses nothing`(_ carrier: SocketCarrier) async throws {
    let go = Signal<Void>(), received = Mutex(0)
    let web = WebConfiguration {
      $0.webSocket("/", options: .init { $0.pingInterval = nil }) { socket, _ in
        try await go.value()
        for try await _ in socket.messages { received.withLock { $0 += 1 } }
      }
    }
    try await withWebServer(tls: carrier.usesTLS, web: web) { port in
      try await WebSocket.connect(carrier.url(port, "/"), options: carrier.options) { socket in
        let sent = Mutex(0), bytes = ByteBuffer(repeating: 1, count: 256 * 1024), count = 200
        let sender = Task {
          for _ in 0..<count {
            try await socket.send(bytes)
            sent.withLock { $0 += 1 }
          }
        }
        var last = -1
        // It has stopped when nothing more is taken in a while; 50 MiB cannot be in buffers.
        while sent.withLock({ $0 }) != last {
          last = sent.withLock { $0 }
          try await Task.sleep(for: .milliseconds(200))
        }
        #expect(last < count)
        go.set(.success(()))
        try await sender.value
        await socket.finish()
        for try await _ in socket.messages {}
        #expect(received.withLock { $0 } == count)
      }
    }
  }

  @Test(arguments: SocketCarrier.allCases)
  func `a client that does not read stops the handler`(_ carrier: SocketCarrier) async throws {
    let sent = Mutex(0), count = 200
    let web = WebConfiguration {
      // A client that does not read does not answer.
      $0.webSocket("/", options: .init { $0.pingInterval = nil }) { socket, _ in
        let bytes = ByteBuffer(repeating: 1, count: 256 * 1024)
        for _ in 0..<count {
          try await socket.send(bytes)
          sent.withLock { $0 += 1 }
        }
      }
    }
    try await withWebServer(tls: carrier.usesTLS, web: web) { port in
      try await WebSocket.connect(carrier.url(port, "/"), options: carrier.options) { socket in
        var last = -1
        while sent.withLock({ $0 }) != last {
          last = sent.withLock { $0 }
          try await Task.sleep(for: .milliseconds(200))
        }
        #expect(last < count)
        var received = 0
        for try await _ in socket.messages { received += 1 }
        #expect(received == count)
      }
    }
  }

  // MARK: Refusals

  private func openError(
    _ url: String, _ options: WebSocketClientOptions = WebSocketClientOptions()
  ) async -> WebSocketError? {
    do throws(WebSocketError) {
      _ = try await WebSocket.open(url, options: options)
      return nil
    } catch {
      return error
    }
  }

  private func refusal(_ carrier: SocketCarrier, _ path: String, _ fields: [HTTPField] = []) async throws -> String {
    do {
      try await open(carrier, path, { $0.fields = fields }) { _ in }
    } catch let error as WebSocketError {
      #expect(error.kind == .opening)
      return error.message
    }
    return "opened"
  }

  @Test(arguments: SocketCarrier.allCases)
  func `W62: what opens no WebSocket is an error with the status and the text`(_ carrier: SocketCarrier) async throws {
    #expect(try await refusal(carrier, "/nowhere").contains("status 404: {\"code\":5"))
    let foreign = HTTPField("origin", "https://evil.example")
    #expect(try await refusal(carrier, "/echo", [foreign]).contains("status 403"))
    #expect(try await refusal(carrier, "/origins", [foreign]).contains("status 403"))
    #expect(try await refusal(carrier, "/origins", [HTTPField("origin", "https://ok.example")]) == "opened")
    let plain = try await refusal(carrier, "/plain")
    #expect(plain.contains(carrier.options.http == .http2 ? "status 405" : "status 200"), "\(plain)")
  }

  @Test func `W62: a plain request for a WebSocket's path is told to upgrade`() async throws {
    try await withWebServer(web: Self.web) { port in
      let get = try await WebCarrier.http1.exchange(WebRequest("GET", "/echo"), port: port)
      #expect(get.status == 426 && get["upgrade"] == "websocket" && get["sec-websocket-version"] == "13")
      #expect(try await WebCarrier.http1.exchange(WebRequest("POST", "/echo"), port: port).status == 405)
      #expect(try await WebCarrier.h2c.exchange(WebRequest("GET", "/echo"), port: port).status == 405)
    }
  }

  @Test func `a server without WebSockets over HTTP/2 is reported`() async throws {
    let options = WebSocketClientOptions { $0.http = .http2 }
    let web = WebConfiguration { $0.servesCallsOverWebSocket = false }
    let error = try await withWebServer(web: web) { await openError("ws://127.0.0.1:\($0)/", options) }
    #expect(error == .noExtendedConnect)
  }

  @Test func `a server that cannot be reached, and a URL that is none, are reported`() async throws {
    let port = LoopbackListener().port  // closed again
    let refused = await openError("ws://127.0.0.1:\(port)/")
    #expect(refused?.kind == .opening && refused?.message.contains("Connection refused") == true)
    #expect(await openError("http://127.0.0.1/")?.kind == .invalidSetting)
  }

  @Test func `interceptors may refuse a WebSocket, as they do calls`() async throws {
    struct Refusing: ServerInterceptor {
      func intercept(_ context: ServerContext, next: (ServerContext) async throws -> Void) async throws {
        if context.metadata["token"] != "t" { throw RPCError(code: .unauthenticated, message: "who?") }
        try await next(context)
      }
    }
    var configuration = ServerConfiguration()
    configuration.trapsSignals = false
    let server = Server(
      services: [], interceptors: [Refusing()], configuration: configuration, web: Self.web)
    try await withRunning(server) { address in
      for carrier in [SocketCarrier.http1, .http2] {
        var options = carrier.options
        do {
          try await WebSocket.connect(carrier.url(address.port, "/count"), options: options) { _ in }
          Issue.record("opened")
        } catch let error as WebSocketError { #expect(error.message.contains("status 401: ")) }
        options.fields = [HTTPField("token", "t")]
        try await WebSocket.connect(carrier.url(address.port, "/count"), options: options) { socket in
          var count = 0
          for try await _ in socket.messages { count += 1 }
          #expect(count == 3)
        }
      }
    }
  }

  // MARK: Ends

  private func end(_ carrier: SocketCarrier, _ path: String, send: [WebSocketMessage] = []) async throws -> String {
    var text = ""
    do {
      try await open(carrier, path) { socket in
        for message in send { try await socket.send(message) }
        do throws(WebSocketError) {
          for try await _ in socket.messages {}
          text = "\(socket.closeCode.map { "\($0)" } ?? "-") \(socket.closeReason)"
        } catch {
          text = "\(error.kind) \(error.code) \(socket.closeReason)"
          throw error
        }
      }
    } catch let error as WebSocketError { #expect(text.hasPrefix("\(error.kind)")) }
    return text
  }

  @Test(arguments: SocketCarrier.allCases)
  func `W73: a handler's end is a close with its code`(_ carrier: SocketCarrier) async throws {
    #expect(try await end(carrier, "/fail") == "closedByPeer 1008 not you")
    #expect(try await end(carrier, "/secret") == "closedByPeer 1011 ")
    #expect(try await end(carrier, "/code") == "closedByPeer 4001 my own")
    let tooBig = try await end(carrier, "/small", send: [.text("0123456789"), .text("0123456789a")])
    #expect(tooBig.hasPrefix("closedByPeer 1009 ") && tooBig.contains("maxMessageBytes"), "\(tooBig)")
  }

  @Test(arguments: SocketCarrier.allCases)
  func `a drain closes with 1001, and the handler's messages end`(_ carrier: SocketCarrier) async throws {
    let began = Signal<Void>(), ended = Mutex(false)
    let web = WebConfiguration {
      // A busy machine may take its time.
      $0.webSocket("/", options: .init { $0.closeTimeout = .seconds(60) }) { socket, _ in
        began.set(.success(()))
        for try await _ in socket.messages {}
        ended.withLock { $0 = true }
      }
    }
    let client = try await withWebServer(tls: carrier.usesTLS, web: web) { port in
      let reader = Task {
        try await WebSocket.connect(carrier.url(port, "/"), options: carrier.options) { socket in
          for try await _ in socket.messages {}
          return socket
        }
      }
      try await began.value()
      return reader
    }
    let socket = try await client.value
    #expect(socket.closeCode == .goingAway && socket.closeReason == "the server is shutting down")
    #expect(ended.withLock { $0 })
  }

  @Test(arguments: SocketCarrier.allCases)
  func `W87: a WebSocket that its client releases is closed with 1001`(_ carrier: SocketCarrier) async throws {
    let ended = Signal<CloseCode?>()
    let web = WebConfiguration {
      $0.webSocket("/") { socket, _ in
        try await socket.send("one")
        for try await _ in socket.messages {}
        ended.set(.success(socket.closeCode))
      }
    }
    try await withWebServer(tls: carrier.usesTLS, web: web) { port in
      var messages: WebSocketMessages.AsyncIterator? = try await WebSocket.open(
        carrier.url(port, "/"), options: carrier.options
      ).messages.makeAsyncIterator()
      let first = try await messages?.next()
      #expect(first == .text("one"))
      messages = nil
      #expect(try await ended.value() == .goingAway)
    }
  }

  @Test func `what a client reads late, after it has left a server that stays silent, is what came`() async throws {
    // Sends one message and a close, and then neither reads nor ends.
    let listener = LoopbackListener()
    let server = Task {
      let socket = RawSocket(descriptor: try await listener.accept())
      let request = try await onThread { String(decoding: socket.read() ?? [], as: UTF8.self) }
      let key = request.split(separator: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-key: ") }?.dropFirst(
        19)
      let accept = HandshakeKey.accept(String(key ?? ""))
      socket.send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(accept)\r\n\r\n"
          .utf8)
      socket.send([0x81, 1, UInt8(ascii: "x"), 0x88, 2, 0x0F, 0xA1])
      return socket
    }
    var options = SocketCarrier.http1.options
    options.closeTimeout = .milliseconds(50)
    let socket = try await WebSocket.open("ws://127.0.0.1:\(listener.port)/", options: options)
    try await Task.sleep(for: .milliseconds(300))
    var messages = socket.messages.makeAsyncIterator()
    #expect(try await messages.next() == .text("x"))
    let error = await #expect(throws: WebSocketError.self) { try await messages.next() }
    #expect(error?.kind == .closedByPeer && error?.code.rawValue == 4001)
    _ = try await server.value
  }

  @Test func `W84: a silent peer is pinged, and closed with 1008 if it stays silent`() async throws {
    let error = Mutex<WebSocketError?>(nil)
    let web = WebConfiguration {
      let options = WebSocketOptions {
        $0.pingInterval = .milliseconds(50)
        $0.pongTimeout = .milliseconds(50)
      }
      $0.webSocket("/", options: options) { socket, _ in
        do {
          for try await _ in socket.messages {}
        } catch let failure as WebSocketError { error.withLock { $0 = failure } }
      }
    }
    try await withWebServer(web: web) { port in
      // A client that does not answer pings.
      let bytes = try await onThread {
        let socket = RawSocket(port: port)
        socket.send(Self.opening.utf8)
        return socket.readToEnd() ?? []
      }
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.hasPrefix("HTTP/1.1 101 ") && text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
      #expect(Array(bytes.suffix(13)) == [0x89, 0, 0x88, 9, 0x03, 0xF0] + Array("no pong".utf8))
    }
    #expect(error.withLock { $0 }?.code == .policyViolation)
  }

  @Test func `a connection that is lost is an error with 1006`() async throws {
    let error = Signal<WebSocketError>()
    let web = WebConfiguration {
      $0.webSocket("/") { socket, _ in
        do {
          for try await _ in socket.messages {}
        } catch let failure as WebSocketError {
          #expect(socket.closeCode == .abnormal)
          error.set(.success(failure))
        }
      }
    }
    try await withWebServer(web: web) { port in
      try await onThread { () throws -> Void in
        let socket = RawSocket(port: port)
        socket.send(Self.opening.utf8)
        #expect(socket.read()?.starts(with: "HTTP/1.1 101".utf8) == true)
      }
      let failure = try await error.value()
      #expect(failure.kind == .lost && failure.code == .abnormal)
    }
  }

  @Test func `opening may be cancelled`() async throws {
    let listener = LoopbackListener()
    let task = Task { await openError("ws://127.0.0.1:\(listener.port)/") }
    try await Task.sleep(for: .milliseconds(20))
    task.cancel()
    #expect(await task.value?.message == "the task that opened it was cancelled")
  }

  @Test func `a server that does not answer is given up after openTimeout`() async throws {
    let listener = LoopbackListener()
    let options = WebSocketClientOptions { $0.openTimeout = .milliseconds(50) }
    let error = await openError("ws://127.0.0.1:\(listener.port)/", options)
    #expect(error?.kind == .opening && error?.message.contains("openTimeout") == true)
  }
}
