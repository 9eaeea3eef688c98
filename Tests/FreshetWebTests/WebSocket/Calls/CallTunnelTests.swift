import EchoStubs
import Freshet
import FreshetCore
import FreshetServer
import FreshetTransport
import FreshetWebSocket
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import FreshetWeb

@Suite(.timeLimit(.minutes(2))) struct CallTunnelTests {
  private static let head = "1:x-head: 1|x-head: 2|x-head-bin: AP8|"
  private static let end = "5:grpc-status: 0|x-tail: 3|x-tail: 4|x-tail-bin: AQ|"

  // MARK: Kinds of call

  @Test(arguments: SocketCarrier.allCases)
  func `W92: all kinds of call have their messages and metadata`(_ carrier: SocketCarrier) async throws {
    for (path, requests, responses) in [
      ("Put", ["hello"], ["hello"]), ("Expand", ["a b"], ["a", "b"]), ("Collect", ["a", "b"], ["a b"]),
      ("Update", ["a", "b"], ["a", "b"]), ("Update", [], []), ("Expand", [""], []), ("Put", [""], [""]),
    ] {
      try await withSocketCall(carrier, path) { call in
        var call = call
        try await call.head()
        for request in requests { try await call.message(request) }
        try await call.end()
        let expected = [Self.head] + responses.map { "2:\($0)" } + [Self.end]
        #expect(try await call.rest() == expected, "\(path) \(requests)")
        #expect(call.socket.closeCode == .normal)
      }
    }
  }

  @Test(arguments: SocketCarrier.allCases)
  func `W92: a conversation goes back and forth`(_ carrier: SocketCarrier) async throws {
    try await withSocketCall(carrier, "Update") { call in
      var call = call
      try await call.head()
      #expect(try await call.next()?.kind == 1)
      for text in ["one", "two", "", "three"] {
        try await call.message(text)
        let next = try await call.next()
        #expect(try next?.kind == 2 && Word(serializedBytes: next?.body ?? []).text == text)
      }
      try await call.end()
      #expect(try await call.rest() == [Self.end])
    }
  }

  @Test(arguments: SocketCarrier.allCases)
  func `W92: messages of any size pass`(_ carrier: SocketCarrier) async throws {
    try await withSocketCall(carrier, "Update") { call in
      var call = call
      try await call.head()
      #expect(try await call.next()?.kind == 1)
      for size in [1, 120, 124, 125, 65_530, 65_535, 65_540, 1 << 20, 4_000_000] {
        let text = String(repeating: "x", count: size)
        try await call.message(text)
        let next = try await call.next()
        #expect(try next?.kind == 2 && Word(serializedBytes: next?.body ?? []).text == text, "\(size)")
      }
    }
  }

  @Test func `W92: the handler knows method, protocol, deadline, and the client's fields`() async throws {
    let service = WordService()
    try await withSocketCall(
      .http2, "Put?content=proto", service: service, fields: [HTTPField("x-own", "a"), HTTPField("cookie", "c=d")]
    ) { call in
      var call = call
      try await call.head("grpc-timeout: 100S\r\nX-More: b\r\nx-more: c\r\nhost: evil\r\ncontent-type: x/y\r\n")
      try await call.message("hello")
      try await call.end()
      #expect(try await call.rest().last == Self.end)
    }
    let context = try #require(service.calls.untaken.first)
    #expect(context.callProtocol == .grpcWebSocket && context.method == "/test.Words/Put" && context.deadline != nil)
    #expect(context.metadata["x-own"] == "a" && context.metadata["cookie"] == "c=d")
    #expect(context.metadata.strings(for: "x-more") == ["b", "c"])
    #expect(Set(context.metadata.map(\.key)).isDisjoint(with: ["host", "content-type", "sec-websocket-version"]))
  }

  @Test func `W92: messages may be compressed both ways`() async throws {
    var configuration = ServerConfiguration()
    configuration.compression = .gzip
    configuration.minimumCompressedBytes = 0
    try await withSocketCall("Put", configuration: configuration) { call in
      var call = call
      try await call.head("grpc-encoding: gzip\r\ngrpc-accept-encoding: gzip\r\n")
      let text = String(repeating: "word", count: 1000)
      let request = ByteBuffer(bytes: try Word(text).serializedBytes() as [UInt8])
      var compressed = ByteBuffer()
      try Compression.gzip.compress(request, into: &compressed)
      try await call.send(3, compressed.readableBytesView)
      try await call.end()
      let head = try await call.next(), message = try await call.next()
      let lines = String(decoding: head?.body ?? [], as: UTF8.self)
      #expect(lines.contains("grpc-encoding: gzip\r\n"))
      #expect(message?.kind == 3 && (message?.body.count ?? 0) < 1000)
      #expect(try await call.rest() == [Self.end])
    }
  }

  // MARK: JSON

  @Test(arguments: SocketCarrier.allCases)
  func `W92: calls are made in text, as from a browser's console`(_ carrier: SocketCarrier) async throws {
    try await withSocketCall(carrier, "Update?content=json") { call in
      var messages = call.messages
      try await call.socket.send("{\"@headers\":{\"x-more\":\"m\"}}")
      try await call.socket.send("{\"text\":\"a\"}")
      try await call.socket.send("{\"@end\":true}")
      var texts: [String] = []
      while case .text(let text)? = try await messages.next() { texts.append(text) }
      #expect(
        texts == [
          "{\"@credit\":256}", "{\"@headers\":{\"x-head\":[\"1\",\"2\"],\"x-head-bin\":\"AP8\",\"x-more\":\"m\"}}",
          "{\"text\":\"a\"}",
          "{\"@trailers\":{\"grpc-status\":\"0\",\"x-tail\":[\"3\",\"4\"],\"x-tail-bin\":\"AQ\"}}",
        ])
    }
  }

  @Test func `W92: JSON may come in binary messages, too`() async throws {
    try await withSocketCall("Put?content=json") { call in
      var call = call
      try await call.head()
      try await call.send(2, Array("{\"text\":\"a\"}".utf8))
      try await call.end()
      #expect(try await call.next()?.kind == 1)
      let message = try await call.next()
      #expect(String(decoding: message?.body ?? [], as: UTF8.self) == "{\"text\":\"a\"}")
      #expect(try await call.rest() == [Self.end])
    }
  }

  // MARK: grpc-websockets

  @Test(arguments: SocketCarrier.allCases)
  func `W90: frames of grpc-websockets may be cut anywhere`(_ carrier: SocketCarrier) async throws {
    let words = try ["a", "bc"].map { try Word($0).serializedBytes() as [UInt8] }
    let body: [UInt8] = words.flatMap { word -> [UInt8] in [0, 0, 0, 0, UInt8(word.count)] + word }
    for cut in 1...body.count {
      try await withSocketCall(carrier, "Update", subprotocol: "grpc-websockets") { call in
        var messages = call.messages
        try await call.socket.send(ByteBuffer(string: "content-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\n"))
        var rest = body[...]
        while !rest.isEmpty {
          try await call.socket.send(ByteBuffer(bytes: [0] + Array(rest.prefix(cut))))
          rest = rest.dropFirst(cut)
        }
        try await call.socket.send(ByteBuffer(bytes: [1]))
        var received: [UInt8] = []
        while case .binary(let bytes)? = try await messages.next() { received += Array(bytes.readableBytesView) }
        let head = Array("x-head: 1\r\nx-head: 2\r\nx-head-bin: AP8\r\n".utf8)
        let end = Array("grpc-status: 0\r\nx-tail: 3\r\nx-tail: 4\r\nx-tail-bin: AQ\r\n".utf8)
        #expect(
          received == [0x80, 0, 0, 0, UInt8(head.count)] + head + body + [0x80, 0, 0, 0, UInt8(end.count)] + end)
        #expect(call.socket.closeCode == .normal)
      }
      if carrier != .http1 { return }
    }
  }

  // MARK: Ends

  @Test func `errors have their code, message and details`() async throws {
    for path in ["Put", "Expand", "Collect", "Update"] {
      try await withSocketCall(path) { call in
        var call = call
        try await call.head()
        try await call.message("fail")
        try await call.end()
        let last = try await call.rest().last ?? ""
        #expect(last.hasPrefix("5:grpc-status: 15|grpc-message: lost %C3%BC|grpc-status-details-bin: CA8SB2xvc3Q"))
        #expect(call.socket.closeCode == .normal)
      }
    }
  }

  @Test(arguments: SocketCarrier.allCases)
  func `W93: a client's close cancels the handler, and so does the loss of its connection`(
    _ carrier: SocketCarrier
  ) async throws {
    for path in ["Put", "Expand", "Collect", "Update"] {
      let service = WordService()
      try await withSocketCall(carrier, path, service: service) { call in
        var call = call
        try await call.head()
        try await call.message("hang")
        try await call.end()
        _ = try await service.calls.next("a call")
        await call.socket.finish(CloseCode(rawValue: 4001))
        _ = try await service.cancellations.next("a cancellation")
        let rest = try await call.rest()
        #expect(!rest.contains { $0.hasPrefix("5") })
        #expect(call.socket.closeCode?.rawValue == 4001)
      }
    }
  }

  @Test func `a deadline ends the call with its status`() async throws {
    try await withSocketCall("Put") { call in
      var call = call
      try await call.head("grpc-timeout: 50m\r\n")
      try await call.message("hang")
      try await call.end()
      let rest = try await call.rest()
      #expect(rest.count == 1 && rest[0].hasPrefix("5:grpc-status: 4|"), "\(rest)")
    }
  }

  @Test func `what the client does wrong in a call is its status`() async throws {
    let cases: [(UInt8, [UInt8], String)] = [
      (9, [], "13|grpc-message: a message of the unknown kind 9"), (1, [], "13|grpc-message: HEADERS"),
      (6, [0], "13|grpc-message: CREDIT"), (2, [255], "13|"), (3, [0], "13|"),
      (2, [10] + Array(repeating: 0x80, count: 3) + Array(repeating: 0, count: 2000), "8|"),
      (2, Array(repeating: 0, count: 200_000), "8|"),
    ]
    var configuration = ServerConfiguration()
    configuration.maxReceiveMessageBytes = 1000
    for path in ["Put", "Collect", "Update"] {
      for (kind, body, expected) in cases {
        try await withSocketCall(path, configuration: configuration) { call in
          var call = call
          try await call.head()
          try await call.send(kind, body)
          try? await call.end()
          var last = ""
          // A message that is too large for its WebSocket ends that as well.
          while let (kind, body) = try? await call.next() { last = "\(kind):\(String(decoding: body, as: UTF8.self))" }
          last = last.replacing("\r\n", with: "|")
          #expect(last.hasPrefix("5:grpc-status: \(expected)"), "\(path) \(kind) \(body.count): \(last)")
        }
      }
    }
  }

  @Test func `what the client does wrong before its call closes the WebSocket`() async throws {
    for message in [WebSocketMessage.text("{}"), .binary(ByteBuffer(bytes: [2])), .binary(ByteBuffer())] {
      try await withSocketCall("Put") { call in
        try await call.socket.send(message)
        var messages = call.messages
        await #expect(throws: WebSocketError.self) { while try await messages.next() != nil {} }
        #expect(call.socket.closeCode == .protocolError, "\(message)")
      }
    }
  }

  @Test func `a WebSocket whose head does not come is closed with 1008`() throws {
    let loop = EmbeddedEventLoop()
    let stream = TransportStream(executor: LoopExecutor.of(loop), maxMessageBytes: 100)
    let limits = TunnelLimits(maxMessageBytes: 100, maxHeaderListBytes: 100, headTimeout: .seconds(7))
    let tunnel = CallTunnel(
      SocketCallTarget([:], format: "proto", keepsCredentials: false), .freshet, isJSON: false, limits)
    stream.useBodyFraming(.tunnel(tunnel))
    loop.advanceTime(by: .milliseconds(6990))
    guard case .nothing = stream.availableOutput(maxBytes: 1000) else {
      Issue.record("closed early")
      return
    }
    loop.advanceTime(by: .milliseconds(100))
    let output = try #require(stream.takeOutput())
    #expect(output.isLast)
    #expect(
      Array(output.bytes.readableBytesView.prefix(4)) == [0x88, UInt8(output.bytes.readableBytes - 2), 0x03, 0xF0])
    #expect(String(buffer: output.bytes).hasSuffix("no head came within 7.0 seconds (handshakeTimeout)"))
    tunnel.detach()
  }

  @Test func `a head that is refused has a status`() async throws {
    for (lines, expected) in [
      ("grpc-encoding: zip\r\n", "12|grpc-accept-encoding: identity,"), ("grpc-timeout: x\r\n", "13|"),
      ("x: \(String(repeating: "y", count: 20_000))\r\n", "8|"),
    ] {
      try await withSocketCall("Update") { call in
        var call = call
        try await call.head(lines)
        let rest = try await call.rest()
        #expect(rest.count == 1 && rest[0].hasPrefix("5:grpc-status: \(expected)"), "\(rest)")
      }
    }
  }

  // MARK: Back-pressure

  @Test(arguments: SocketCarrier.allCases)
  func `W94: a server sends no more than was permitted`(_ carrier: SocketCarrier) async throws {
    let service = WordService(), words = (0..<50).map { "\($0)" }
    try await withSocketCall(carrier, "Expand", service: service) { call in
      var call = call
      try await call.head()
      try await call.credit(1)
      try await call.message(words.joined(separator: " "))
      try await call.end()
      #expect(try await call.next()?.kind == 1)
      for (index, word) in words.enumerated() {
        let message = try await call.next()
        #expect(try message?.kind == 2 && Word(serializedBytes: message?.body ?? []).text == word)
        // What was permitted, and one that waits.
        #expect(service.calls.untaken.count <= index + 2)
        if index < 49 { try await call.credit(1) }
      }
      #expect(try await call.rest() == [Self.end], "the end needs no credit")
    }
  }

  @Test func `W94: a server permits more as its handler reads`() async throws {
    try await withSocketCall("Collect") { call in
      var messages = call.messages, permitted = 0
      try await call.head()
      for sent in 0..<1000 {
        while permitted <= sent {
          guard case .binary(var bytes)? = try await messages.next(), bytes.readInteger(as: UInt8.self) == 6,
            let credit: UInt32 = bytes.readInteger()
          else {
            Issue.record("not a credit")
            return
          }
          permitted += Int(credit)
        }
        try await call.message("w")
      }
      try await call.end()
      var call = call
      let response = try await call.rest()
      #expect(response[1].count == 2 + 1999)
    }
  }

  @Test func `W94: a call that ends early drops what was not permitted`() async throws {
    try await withSocketCall("Expand") { call in
      var call = call
      try await call.head("grpc-timeout: 200m\r\n")
      try await call.credit(1)
      try await call.message("a b c")
      try await call.end()
      let rest = try await call.rest()
      #expect(rest.count == 3 && rest[1] == "2:a" && rest[2].hasPrefix("5:grpc-status: 4|"), "\(rest)")
    }
  }

  // MARK: The opening

  private func refusal(
    _ carrier: SocketCarrier, _ path: String, subprotocol: String = "grpc.freshet.v1", web: WebConfiguration = .init(),
    _ fields: [HTTPField] = []
  ) async throws -> String {
    do {
      try await withSocketCall(carrier, path, subprotocol: subprotocol, web: web, fields: fields) { _ in }
    } catch let error as WebSocketError {
      return error.message
    }
    return "opened"
  }

  @Test(arguments: [SocketCarrier.http1, .http2])
  func `what cannot be a call is refused in HTTP`(_ carrier: SocketCarrier) async throws {
    #expect(try await refusal(carrier, "Nothing").contains("status 404"))
    #expect(try await refusal(carrier, "Put?content=xml").contains("status 415"))
    #expect(try await refusal(carrier, "Put?content=json&content=proto").contains("status 415"))
    #expect(try await refusal(carrier, "Put", subprotocol: "chat").contains("status 400"))
    let foreign = [HTTPField("origin", "https://evil.example")]
    #expect(try await refusal(carrier, "Put", foreign).contains("status 403"))
    let web = WebConfiguration { $0.cors.origins = ["https://good.example"] }
    #expect(try await refusal(carrier, "Put", web: web, foreign).contains("status 403"))
    #expect(try await refusal(carrier, "Put", web: web, [HTTPField("origin", "https://good.example")]) == "opened")
    let off = WebConfiguration { $0.servesCallsOverWebSocket = false }
    #expect(try await refusal(carrier, "Put", web: off) != "opened")
  }

  @Test func `pages of other origins have no cookies, unless credentials are allowed`() async throws {
    for (allows, expected) in [(false, nil), (true, "a=b")] as [(Bool, String?)] {
      let web = WebConfiguration {
        $0.cors.origins = ["https://good.example"]
        $0.cors.allowsCredentials = allows
      }
      let service = WordService()
      let fields = [HTTPField("origin", "https://good.example"), HTTPField("cookie", "a=b")]
      try await withSocketCall("Put", service: service, web: web, fields: fields) { call in
        var call = call
        try await call.head()
        try await call.message("x")
        try await call.end()
        #expect(try await call.rest().last == Self.end)
      }
      #expect(service.calls.untaken.first?.metadata["cookie"] == expected)
    }
  }

  // MARK: Drain

  @Test(arguments: [SocketCarrier.http1, .http2])
  func `a draining server lets calls end, and closes what has no call`(_ carrier: SocketCarrier) async throws {
    let idle = Signal<WebSocket>(), going = Signal<SocketCall>()
    let client = Task {
      var call = try await going.value()
      let socket = try await idle.value()
      for try await _ in socket.messages {}
      #expect(socket.closeCode == .goingAway)
      try await call.message("late")
      let message = try await call.next()
      #expect(try message?.kind == 2 && Word(serializedBytes: message?.body ?? []).text == "late")
      try await call.end()
      #expect(try await call.rest() == [Self.end])
    }
    var configuration = ServerConfiguration()
    configuration.connection.handshakeTimeout = .seconds(60)
    try await withWordServer(WordService(), configuration: configuration) { address in
      var options = carrier.options
      options.subprotocols = ["grpc.freshet.v1"]
      let url = carrier.url(address.port, "/test.Words/Update")
      idle.set(.success(try await WebSocket.open(url, options: options)))
      var call = SocketCall(try await WebSocket.open(url, options: options))
      try await call.head()
      #expect(try await call.next()?.kind == 1)
      going.set(.success(call))
    }
    try await client.value
  }
}
