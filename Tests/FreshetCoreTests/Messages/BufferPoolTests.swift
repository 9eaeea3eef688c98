// Memory that is reused by other streams.
import NIOCore
import TestSupport
import Testing

@testable import FreshetCore

@Suite struct BufferPoolTests {
  private func address(_ buffer: ByteBuffer) -> UnsafeRawPointer? {
    buffer.withVeryUnsafeBytes { $0.baseAddress }
  }

  @Test func `an unshared buffer is reused, and empty`() {
    let pool = BufferPool()
    var buffer: ByteBuffer? = ByteBuffer(bytes: [1, 2, 3])
    let before = buffer.flatMap(address)
    pool.giveBack(buffer.take() ?? ByteBuffer())
    let after = pool.take()
    #expect(after?.readableBytes == 0)
    #expect(after.flatMap(address) == before)
    let nothing = pool.take()
    #expect(nothing == nil)
  }

  @Test func `a shared buffer is not reused`() {
    let pool = BufferPool()
    let buffer = ByteBuffer(bytes: [1, 2, 3])
    pool.giveBack(buffer)
    let nothing = pool.take()
    #expect(nothing == nil)
    #expect(buffer == ByteBuffer(bytes: [1, 2, 3]))
  }

  @Test func `large buffers and more than 128 are not kept`() {
    let pool = BufferPool()
    pool.giveBack(ByteBuffer(repeating: 1, count: 2_000))
    let large = pool.take()
    #expect(large == nil)
    for _ in 0..<1_000 { pool.giveBack(ByteBuffer(bytes: [1])) }
    var count = 0
    while pool.take() != nil { count += 1 }
    #expect(count == 128)
  }

  @Test func `the current pool provides buffers for messages that fit`() {
    let pool = BufferPool()
    pool.giveBack(ByteBuffer(bytes: Array(repeating: 1, count: 100)))
    pool.serve {
      let buffer = BufferPool.buffer(capacity: 2_000)
      #expect(buffer.capacity >= 2_000)
      let other = BufferPool.buffer(capacity: 200)
      #expect(other.capacity >= 200 && other.readableBytes == 0)
      let nothing = pool.take()
      #expect(nothing == nil)
      pool.giveBack(other)
    }
    let outside = BufferPool.buffer(capacity: 10)
    #expect(outside.readableBytes == 0)
    let kept = pool.take()
    #expect(kept != nil)
  }
}
