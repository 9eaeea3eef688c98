// What waits in a WebSocket whose application, or whose peer, does not read.
import Freshet
import FreshetTransport
import FreshetWebSocket
import NIOCore
import TestSupport
import Testing
import WebSocketFuzzing

@testable import FreshetWeb

@Suite(.timeLimit(.minutes(2))) struct WebSocketPressureTests {
  /// Compressed messages of a client.
  private func compressed(_ count: Int, bytes: Int) throws -> [UInt8] {
    var session = WebSocketSession(role: .client, deflate: DeflateParameters())
    var wire = ByteBuffer()
    for _ in 0..<count {
      try session.send(ByteBuffer(repeating: 0, count: bytes), as: .binary)
      session.writeOutput(into: &wire)
    }
    return Array(wire.readableBytesView)
  }

  @Test func `W85: messages are only decompressed as far as there is room for them`() async throws {
    let streams = Signal<TransportStream>(), go = Signal<Void>(), read = Signal<Int>()
    let web = WebConfiguration {
      $0.webSocket("/", options: .init { $0.compression = DeflateOptions() }) { socket, request in
        streams.set(request.context.stream)
        try await go.value()
        var bytes = 0
        for try await case .binary(let message) in socket.messages { bytes += message.readableBytes }
        read.set(bytes)
      }
    }
    try await withWebServer(web: web) { port in
      let messages = try compressed(40, bytes: 1 << 20)
      #expect(messages.count < 64 << 10)
      let client = try await onThread {
        let client = try RawWebSocket(port: port, "/", "Sec-WebSocket-Extensions: permessage-deflate\r\n")
        client.socket.send(messages)
        return client
      }
      let stream = try await streams.value()
      // What has arrived stays unread, compressed, but for a little more than maxUnreadBytes.
      try await wait(for: stream) { $0.unreadBytes == messages.count }
      let bufferedBytes = await stream.executor.call { stream.bufferedBytes }
      #expect(bufferedBytes >= 512 << 10 && bufferedBytes <= 2 << 20, "\(bufferedBytes)")
      go.set()
      try await onThread {
        client.send(.close())
        let rest = try client.readToEnd()
        #expect(rest == [.close()])
      }
      #expect(try await read.value() == 40 << 20)
    }
  }

  @Test(arguments: SocketCarrier.allCases)
  func `W85: a client of whose message nobody reads waits, and is known to`(_ carrier: SocketCarrier) async throws {
    let streams = Signal<TransportStream>(), go = Signal<Void>()
    let web = WebConfiguration {
      $0.webSocket("/") { socket, request in
        streams.set(request.context.stream)
        try await go.value()
        for try await _ in socket.parts {}
      }
    }
    try await withWebServer(tls: carrier.usesTLS, web: web) { port in
      try await WebSocket.connect(carrier.url(port, "/"), options: carrier.options) { socket in
        let stream = try await streams.value()
        #expect(await !stream.executor.call { stream.holdsPeerBack })
        // More than one message may have: what nobody waits for stays where it is, also within a message.
        let sending = Task {
          try await socket.send(.binary) { writer in
            for _ in 0..<600 { try await writer.write(ByteBuffer(repeating: 1, count: 10_000)) }
          }
        }
        try await wait(for: stream) { $0.holdsPeerBack }
        go.set()
        try await sending.value
        try await wait(for: stream) { !$0.holdsPeerBack }
      }
    }
  }

  @Test func `W70: a ping is answered as soon as there is room, though nothing else is sent`() async throws {
    let web = WebConfiguration {
      $0.webSocket("/") { socket, _ in
        try await socket.send(ByteBuffer(repeating: 1, count: 8 << 20))
        for try await _ in socket.messages {}
      }
    }
    try await withWebServer(web: web) { port in
      try await onThread {
        let client = try RawWebSocket(port: port)
        client.send(.ping("x"))
        var frames: [RawFrame] = []
        while frames.count < 2 { frames.append(try client.read()) }
        #expect(frames.map(\.description) == ["binary of 8388608", "pong x"])
        client.send(.close())
        let rest = try client.readToEnd()
        #expect(rest == [.close()])
      }
    }
  }
}
