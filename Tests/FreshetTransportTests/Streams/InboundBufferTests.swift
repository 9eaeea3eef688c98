// The unread messages of one stream, and how the stream ended for its reader.
import FreshetCore
import NIOCore
import TestSupport
import Testing

@testable import FreshetTransport

@Suite struct InboundBufferTests {
  private var buffer = InboundBuffer(maxMessageBytes: 100)
  private let lost = RPCError(code: .unavailable, message: "lost")

  private mutating func append(_ bytes: [UInt8]) { buffer.append(bytes) }

  private mutating func poll() -> String {
    switch buffer.poll() {
    case .message(let message): "message \(Array(message.payload.readableBytesView))"
    case .wait: "wait"
    case .end: "end"
    case .failure(let error): "\(error.code)"
    }
  }

  @Test mutating func `messages come out one by one, then the end forever`() {
    append(grpcMessage([1]) + grpcMessage([]) + grpcMessage([2, 3]).prefix(6))
    #expect(poll() == "message [1]")
    #expect(poll() == "message []")
    #expect(poll() == "wait")
    append([3])
    buffer.finish()
    #expect(poll() == "message [2, 3]")
    #expect(poll() == "end")
    #expect(poll() == "end")
  }

  @Test mutating func `an error of the end comes after buffered messages, and is kept`() {
    append(grpcMessage([1]))
    buffer.finish(throwing: lost)
    #expect(poll() == "message [1]")
    #expect(poll() == "UNAVAILABLE")
    #expect(poll() == "UNAVAILABLE")
  }

  @Test mutating func `a failure comes before buffered messages, and the first one is kept`() {
    append(grpcMessage([1]))
    buffer.fail(lost)
    buffer.fail(RPCError(code: .internal, message: "later"))
    #expect(poll() == "UNAVAILABLE")
    #expect(buffer.nextReady() == nil)
  }

  @Test mutating func `S7: a stream that ends inside a message is INTERNAL`() {
    append(grpcMessage([1, 2, 3]).dropLast())
    buffer.finish()
    #expect(poll() == "INTERNAL")
    #expect(poll() == "INTERNAL")
  }

  @Test mutating func `S7: a stream that ends inside a prefix is INTERNAL`() {
    append([0, 0])
    buffer.finish()
    #expect(poll() == "INTERNAL")
  }

  @Test mutating func `S13: a message over the limit is RESOURCE_EXHAUSTED before it has arrived`() {
    append(grpcMessage(Array(repeating: 1, count: 101)).prefix(5) + [])
    #expect(poll() == "RESOURCE_EXHAUSTED")
    #expect(poll() == "RESOURCE_EXHAUSTED")
  }

  @Test mutating func `a message of exactly the limit is accepted`() {
    append(grpcMessage(Array(repeating: 1, count: 100)))
    #expect(poll().hasPrefix("message"))
  }

  @Test mutating func `data after the end or a failure is dropped`() {
    buffer.finish()
    append(grpcMessage([1]))
    #expect(buffer.bufferedBytes == 0)
    #expect(poll() == "end")
    buffer.fail(lost)
    append(grpcMessage([1]))
    #expect(buffer.bufferedBytes == 0)
  }

  @Test mutating func `the first end is kept`() {
    buffer.finish()
    buffer.finish(throwing: lost)
    #expect(poll() == "end")
  }

  @Test mutating func `nextReady returns complete messages and leaves errors to poll`() {
    append(grpcMessage([1]) + [9, 0, 0, 0, 0])
    #expect(buffer.nextReady()?.payload == ByteBuffer(bytes: [1]))
    #expect(buffer.nextReady() == nil)
    #expect(poll() == "INTERNAL")
  }

  @Test(arguments: 0..<20)
  func `retained messages are unchanged, whatever reuses their stream's memory`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let pool = BufferPool()
    var kept: [(ByteBuffer, [UInt8])] = []
    for number in 0..<300 {
      var inbound = InboundBuffer(maxMessageBytes: 10_000)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let count = Int.random(in: 0...[30, 300, 3_000].randomElement(using: &random)!, using: &random)
        let bytes = Array(repeating: UInt8(truncatingIfNeeded: number), count: count)
        var wire = grpcMessage(bytes)[...]
        while !wire.isEmpty {
          let part = Array(wire.prefix(Int.random(in: 1...wire.count, using: &random)))
          wire = wire.dropFirst(part.count)
          part.withUnsafeBytes { inbound.append($0, memory: pool) }
        }
        guard Bool.random(using: &random), case .message(let message) = inbound.poll() else { continue }
        #expect(message.payload.readableBytesView.allSatisfy { $0 == UInt8(truncatingIfNeeded: number) })
        if Bool.random(using: &random) { kept.append((message.payload, Array(message.payload.readableBytesView))) }
      }
      inbound.giveBackMemory(to: pool)
    }
    #expect(kept.allSatisfy { $0.0.readableBytesView.elementsEqual($0.1) })
  }

  @Test func `a received end can be made an error, if it was none`() throws {
    let early = RPCError(code: .unknown, message: "too early")
    var buffer = InboundBuffer(maxMessageBytes: 10)
    buffer.append(grpcMessage([1]))
    buffer.spoilEnd(early)  // nothing has ended
    buffer.finish()
    buffer.spoilEnd(early)
    buffer.spoilEnd(RPCError(code: .internal, message: "later"))
    guard case .message = buffer.poll() else { return #expect(Bool(false), "the message is lost") }
    guard case .failure(let error) = buffer.poll() else { return #expect(Bool(false), "no error") }
    #expect(error.code == .unknown)
  }
}

extension InboundBuffer {
  /// Without memory of other streams.
  fileprivate mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0, memory: BufferPool()) }
  }
}
