// Memory that goes from stream to stream.
import FreshetCore
import NIOCore
import TestSupport
import Testing

@testable import FreshetTransport

@Suite struct BufferPoolTests {
  private func address(_ buffer: ByteBuffer) -> UnsafeRawPointer? {
    buffer.withVeryUnsafeBytes { $0.baseAddress }
  }

  @Test func `a buffer that nobody looks at comes again, and empty`() {
    var pool = BufferPool()
    var buffer: ByteBuffer? = ByteBuffer(bytes: [1, 2, 3])
    let before = buffer.flatMap(address)
    pool.giveBack(buffer.take() ?? ByteBuffer())
    let after = pool.take()
    #expect(after?.readableBytes == 0)
    #expect(after.flatMap(address) == before)
    let nothing = pool.take()
    #expect(nothing == nil)
  }

  @Test func `a buffer whose bytes somebody keeps does not come again`() {
    var pool = BufferPool()
    let buffer = ByteBuffer(bytes: [1, 2, 3])
    pool.giveBack(buffer)
    let nothing = pool.take()
    #expect(nothing == nil)
    #expect(buffer == ByteBuffer(bytes: [1, 2, 3]))
  }

  @Test func `large buffers and more than 128 are not kept`() {
    var pool = BufferPool()
    pool.giveBack(ByteBuffer(repeating: 1, count: 2_000))
    let large = pool.take()
    #expect(large == nil)
    for _ in 0..<1_000 { pool.giveBack(ByteBuffer(bytes: [1])) }
    var count = 0
    while pool.take() != nil { count += 1 }
    #expect(count == 128)
  }

  @Test(arguments: 0..<20)
  func `messages that somebody keeps stay as they came, whoever has their stream's memory next`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var pool = BufferPool()
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
          part.withUnsafeBytes { inbound.append($0, memory: &pool) }
        }
        guard Bool.random(using: &random), case .message(let message) = inbound.poll() else { continue }
        #expect(message.payload.readableBytesView.allSatisfy { $0 == UInt8(truncatingIfNeeded: number) })
        if Bool.random(using: &random) { kept.append((message.payload, Array(message.payload.readableBytesView))) }
      }
      inbound.giveBackMemory(to: &pool)
    }
    #expect(kept.allSatisfy { $0.0.readableBytesView.elementsEqual($0.1) })
  }
}
