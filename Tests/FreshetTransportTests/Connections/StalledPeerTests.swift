// Peers that stop in the middle of something, with a manual clock.
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import FreshetTransport

@Suite struct StalledPeerTests {
  private func isKind(_ error: TransportError?, _ matches: (TransportError.Kind) -> Bool) -> Bool {
    error.map { matches($0.kind) } ?? false
  }

  private func configuration(_ change: (inout ConnectionConfiguration) -> Void) -> ConnectionConfiguration {
    var configuration = ConnectionConfiguration()
    change(&configuration)
    return configuration
  }

  // MARK: Windows

  @Test func `a stream whose window is never opened is reset, a slowly read one is not`() throws {
    let end = try EmbeddedEnd.readyServer(configuration { $0.writeTimeout = .seconds(7) })
    end.receive(.settings([(4, 0)]))
    for id in [1, 3, 5] as [UInt32] { end.receive(.headers(id, grpcRequest("/s/m"))) }
    for call in end.owner.calls {
      call.stream?.sendResponseHeaders([":status": "200"])
      try call.stream?.enqueue(frame(1, count: 10))
    }
    end.owner.calls[1].stream?.finish(trailers: ["grpc-status": "0"])  // its handler has ended
    end.receive(.windowUpdate(5, 1))
    end.advance(.seconds(7))
    #expect(end.frames().filter { $0.kind == .reset } == [])
    end.advance(.seconds(7))
    let resets = end.frames().filter { $0.kind == .reset }
    #expect(resets.map(\.streamID).sorted() == [1, 3])
    #expect(resets.allSatisfy { $0.number(at: 0) == ErrorCode.cancel.rawValue })
    end.advance(.seconds(70))
    #expect(end.frames().filter { $0.kind == .reset } == [])
  }

  // MARK: Header blocks

  private static let openBlock = Frame(.headers, streamID: 1, payload: Frame.block(grpcRequest("/s/m")))

  @Test(arguments: [
    openBlock.bytes, Array(Frame.headers(1, grpcRequest("/s/m")).bytes.dropLast()),
    openBlock.bytes + Frame(.continuation, streamID: 1, payload: Frame.block([("x", "y")])).bytes,
  ])
  func `an unfinished header block ends its connection after headerTimeout`(_ bytes: [UInt8]) throws {
    let end = try EmbeddedEnd.readyServer(configuration { $0.headerTimeout = .seconds(7) })
    end.receive(bytes: bytes)
    end.advance(.milliseconds(6_999))
    #expect(end.frames() == [])
    end.advance(.milliseconds(1))
    let goaway = end.frames().first
    #expect(goaway?.kind == .goaway && goaway?.number(at: 4) == ErrorCode.enhanceYourCalm.rawValue)
    #expect(end.owner.burdens == [.openHeaders])
    end.advance(.seconds(1))  // the peer does not close its side
    #expect(isKind(end.owner.closeError) { if case .headerTimeout = $0 { true } else { false } })
    #expect(end.owner.closeError?.message.contains("headerTimeout") == true)
    #expect(!end.channel.isActive)
  }

  @Test func `more bytes of the same block do not extend the time`() throws {
    let end = try EmbeddedEnd.readyServer()
    let bytes = Frame.headers(1, grpcRequest("/s/m", [("x", "12345678901234567890")])).bytes
    for byte in bytes.prefix(20) {
      end.receive(bytes: [byte])
      end.advance(.seconds(1))
    }
    #expect(end.frames().contains { $0.kind == .goaway })
  }

  @Test func `a block that ends in time leaves no timer, and the next one has its own time`() throws {
    let end = try EmbeddedEnd.readyServer()
    let bytes = (1...4).map { Frame.headers(UInt32(2 * $0 - 1), grpcRequest("/s/m")).bytes }
    end.receive(bytes: Array(bytes[0].dropLast(3)))
    for index in 1..<4 {  // the end of a block, and the beginning of another, in one read
      end.advance(.seconds(9))
      end.receive(bytes: Array(bytes[index - 1].suffix(3)) + bytes[index].dropLast(3))
    }
    end.advance(.seconds(9))
    end.receive(bytes: Array(bytes[3].suffix(3)))
    end.advance(.hours(1))
    #expect(end.owner.calls.count == 4)
    #expect(end.owner.events == ["opened", "ready"])
    #expect(end.channel.isActive)
  }

  @Test func `a server that leaves a response's headers open loses its connection, and the call fails`() throws {
    let end = try EmbeddedEnd.readyClient()
    let call = try end.open()
    _ = end.frames()
    end.receive(Frame(.headers, streamID: 1, payload: Frame.block([(":status", "200")])))
    end.advance(.seconds(10))
    #expect(end.frames().first?.kind == .goaway)
    #expect(call.closes == [.connectionLost])
  }

  @Test func `an unfinished preface ends its connection after handshakeTimeout`() throws {
    let end = try EmbeddedEnd(.server)
    end.receive(bytes: Array(Frame.preface.dropLast()))
    end.advance(.milliseconds(19_999))
    #expect(end.owner.closeError == nil)
    end.advance(.milliseconds(1))
    #expect(isKind(end.owner.closeError) { if case .handshakeTimeout = $0 { true } else { false } })
  }

  // MARK: Unread sockets

  @Test func `a peer that reads nothing while its socket is full loses its connection after writeTimeout`() throws {
    let end = try EmbeddedEnd.readyServer(configuration { $0.writeTimeout = .seconds(7) })
    end.receive(.headers(1, grpcRequest("/s/m")))
    try end.leaveInSocket(bytes: 300_000, isFull: true)
    #expect(!end.channel.isWritable)
    end.advance(.milliseconds(6_999))
    #expect(end.owner.closeError == nil)
    end.advance(.milliseconds(1))
    #expect(isKind(end.owner.closeError) { if case .writeTimeout = $0 { true } else { false } })
    #expect(end.owner.closeError?.message.contains("300000 bytes") == true)
    #expect(end.owner.closeError?.message.contains("writeTimeout") == true)
    #expect(end.owner.calls.isEmpty && !end.channel.isActive)
    #expect(end.owner.lastBurdens[.fullSockets] == 1)
  }

  @Test func `a peer that reads slowly keeps its connection`() throws {
    let end = try EmbeddedEnd.readyServer()
    for count in 0..<10 {
      try end.leaveInSocket(bytes: 300_000 - count, isFull: true)
      end.advance(.seconds(59))
    }
    #expect(end.owner.closeError == nil)
    end.advance(.seconds(120))  // now it has stopped
    #expect(isKind(end.owner.closeError) { if case .writeTimeout = $0 { true } else { false } })
  }

  @Test func `a socket that is writable again leaves no timer`() throws {
    let end = try EmbeddedEnd.readyServer()
    try end.leaveInSocket(bytes: 300_000, isFull: true)
    try end.leaveInSocket(bytes: 0, isFull: false)
    #expect(end.channel.isWritable)
    end.advance(.hours(1))
    #expect(end.owner.events == ["opened", "ready"])
    #expect(end.channel.isActive)
  }

  @Test func `a socket that fills again gets the whole time`() throws {
    let end = try EmbeddedEnd.readyServer()
    try end.leaveInSocket(bytes: 300_000, isFull: true)
    end.advance(.seconds(30))
    try end.leaveInSocket(bytes: 0, isFull: false)
    end.advance(.seconds(20))
    try end.leaveInSocket(bytes: 300_000, isFull: true)
    end.advance(.seconds(59))
    #expect(end.owner.closeError == nil)
    end.advance(.seconds(61))
    #expect(isKind(end.owner.closeError) { if case .writeTimeout = $0 { true } else { false } })
  }

  // MARK: Floods

  @Test func `a flood is answered with ENHANCE_YOUR_CALM, and earlier frames are counted`() throws {
    let end = try EmbeddedEnd.readyServer(configuration { $0.floods.frameBurst = 110 })
    for number in 0..<200 as Range<UInt64> { end.receive(.ping(number)) }
    let goaway = end.frames().last
    #expect(goaway?.kind == .goaway && goaway?.number(at: 4) == ErrorCode.enhanceYourCalm.rawValue)
    #expect(end.owner.burdens == [.pings])
    end.advance(.seconds(1))
    #expect(isKind(end.owner.closeError) { if case .http2 = $0 { true } else { false } })
    #expect("\(end.owner.lastBurdens)" == "pings=101 settings=1")
  }

  @Test func `the budget refills with the loop's time`() throws {
    let end = try EmbeddedEnd.readyServer(configuration { $0.floods.frameBurst = 110 })
    for number in 0..<1_000 as Range<UInt64> {
      end.receive(.ping(number))
      end.advance(.milliseconds(10))
    }
    #expect(end.owner.events == ["opened", "ready"])
    #expect(end.owner.connection?.burdens[.pings] == 1_000)
  }

  @Test func `a stream that ends with bytes for which no window was opened is counted`() throws {
    let end = try EmbeddedEnd(.server)
    end.receive(bytes: Frame.preface)
    end.receive(.settings([(4, 0)]), .settingsAck, .headers(1, grpcRequest("/s/m")))
    let stream = try #require(end.owner.calls.first?.stream)
    stream.sendResponseHeaders([":status": "200"])
    try stream.enqueue(ByteBuffer(bytes: [1, 2, 3]))
    _ = end.frames()
    end.receive(.reset(1, code: 8))
    #expect(end.owner.connection?.burdens[.unreadStreams] == 1)
    #expect(end.owner.connection?.burdens[.resets] == 1)
  }
}
