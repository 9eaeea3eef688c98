// The laws of streams, checked on all that a WebSocket is read by, at both sides.
import Freshet
import FreshetWebSocket
import NIOCore
import TestSupport
import Testing
import WebSocketFuzzing

@testable import FreshetWeb

/// The ways to read a WebSocket.
enum SocketStream: String, CaseIterable, Sendable {
  case messages, parts, texts, binaries

  typealias Next = () async throws(WebSocketError) -> String?

  /// An iterator of its own.
  func iterate(_ socket: WebSocket) -> Next {
    switch self {
    case .messages:
      var iterator = socket.messages.makeAsyncIterator()
      return { () async throws(WebSocketError) in
        switch try await iterator.next() {
        case .text(let text): text
        case .binary(let bytes): String(buffer: bytes)
        case nil: nil
        }
      }
    case .parts:
      var iterator = socket.parts.makeAsyncIterator()
      return { () async throws(WebSocketError) in try await iterator.next()?.text }
    case .texts:
      var iterator = socket.texts.makeAsyncIterator()
      return { () async throws(WebSocketError) in try await iterator.next() }
    case .binaries:
      var iterator = socket.binaries.makeAsyncIterator()
      return { () async throws(WebSocketError) in try await iterator.next().map { String(buffer: $0) } }
    }
  }

  /// A message that it takes.
  func frame(_ text: String) -> RawFrame { self == .binaries ? .binary(Array(text.utf8)) : .text(text) }
}

@Suite(.timeLimit(.minutes(2))) struct WebSocketLawTests {
  private func expectNil(_ next: SocketStream.Next) async throws {
    for _ in 0..<3 {
      let element = try await next()
      #expect(element == nil)
    }
  }

  /// All that a reader gets, and how that ends.
  private func read(_ stream: SocketStream, _ socket: WebSocket) async -> [String] {
    let next = stream.iterate(socket)
    var all: [String] = []
    do throws(WebSocketError) {
      while let element = try await next() { all.append(element) }
    } catch { all.append("\(error.kind)") }
    if let more = try? await next() { Issue.record("\(more) came after the end") }
    return all
  }

  @Test(arguments: Side.allCases, SocketStream.allCases)
  func `1 Single-use: an iterator continues where the previous one stopped`(_ side: Side, _ stream: SocketStream)
    async throws
  {
    try await side.meet { socket, peer in
      for number in 0..<4 { try await peer.send(stream.frame("\(number)")) }
      for number in 0..<4 {
        let next = stream.iterate(socket)
        #expect(try await next() == "\(number)")
      }
    }
  }

  @Test(arguments: Side.allCases, SocketStream.allCases)
  func `2 Pull: what nobody asked for is unread`(_ side: Side, _ stream: SocketStream) async throws {
    try await side.meet { socket, peer in
      let transport = socket.end.stream, frame = stream.frame(String(repeating: "x", count: 1000))
      let bytes = peer.bytes([RawFrame](repeating: frame, count: 40))
      try await peer.send(bytes: bytes)
      try await wait(for: transport) { $0.unreadBytes > bytes.count - 100 }
      let next = stream.iterate(socket)
      for _ in 0..<40 { #expect(try await next()?.utf8.count == 1000) }
    }
  }

  @Test(arguments: Side.allCases, SocketStream.allCases)
  func `3 Fused: after the end there is nil forever`(_ side: Side, _ stream: SocketStream) async throws {
    for code in [1000, 1001, nil] as [UInt16?] {
      try await side.meet { socket, peer in
        try await peer.send(stream.frame("a"), .close(code))
        let next = stream.iterate(socket)
        #expect(try await next() == "a")
        try await expectNil(next)
      }
    }
  }

  @Test(arguments: Side.allCases, SocketStream.allCases)
  func `3 Fused: an error is thrown once, behind what came before`(_ side: Side, _ stream: SocketStream) async throws {
    let wrong: [(RawFrame, WebSocketError.Kind, Int)] = [
      (.close(4000, "why"), .closedByPeer, 4000), (RawFrame(0x83), .protocolViolation, 1002),
      (RawFrame(0x81, [0xFF]), .invalidText, 1007),
    ]
    for (frame, kind, code) in wrong {
      try await side.meet { socket, peer in
        try await peer.send(stream.frame("a"), frame)
        let next = stream.iterate(socket)
        #expect(try await next() == "a")
        let error = await #expect(throws: WebSocketError.self) { try await next() }
        #expect(error?.kind == kind && error?.code.rawValue == UInt16(code))
        try await expectNil(next)
      }
    }
  }

  @Test(arguments: Side.allCases, SocketStream.allCases)
  func `4 Cancelled, 5 Nothing lost: a reader that is cancelled leaves the rest to the next one`(
    _ side: Side, _ stream: SocketStream
  ) async throws {
    try await side.meet { socket, peer in
      let waiting = Task { await read(stream, socket) }
      waiting.cancel()
      #expect(await waiting.value == ["cancelled"])
      try await peer.send(stream.frame("a"))
      let late = Task {
        await waitForCancellation()
        return await read(stream, socket)
      }
      late.cancel()
      #expect(await late.value == ["cancelled"])
      let next = stream.iterate(socket)
      #expect(try await next() == "a")
      try await peer.send(stream.frame("b"))
      #expect(try await next() == "b")
    }
  }

  @Test(arguments: Side.allCases, SocketStream.allCases)
  func `5 Nothing lost: wherever reads are cut, all arrives in order`(_ side: Side, _ stream: SocketStream) async throws
  {
    var random = SeededRandom.forTest("websocket laws")
    try await side.meet { socket, peer in
      let texts = (0..<50).map { "\($0)" + String(repeating: "é", count: .random(in: 0..<40, using: &random)) }
      var bytes = peer.bytes(texts.map { stream.frame($0) } + [.close()])[...]
      async let received = read(stream, socket)
      while !bytes.isEmpty {
        let piece = Array(bytes.prefix(.random(in: 1...60, using: &random)))
        bytes = bytes.dropFirst(piece.count)
        try await peer.send(bytes: piece)
      }
      #expect(await received.joined() == texts.joined(), "seed \(random.seed)")
    }
  }

  @Test func `6 Typed, 7 Sendable`() {
    func check<S: AsyncSequence & Sendable>(_: S.Type) where S.Failure == WebSocketError {}
    check(WebSocketMessages.self)
    check(WebSocketParts.self)
    check(WebSocketTexts.self)
    check(WebSocketBinaries.self)
  }
}
