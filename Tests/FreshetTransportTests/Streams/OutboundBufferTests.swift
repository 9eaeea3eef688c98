// A queue of bytes, compared with a plain array.
import FreshetCore
import NIOCore
import TestSupport
import Testing

@testable import FreshetTransport

@Suite struct OutboundBufferTests {
  private static let pattern = (0..<41_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

  @Test(arguments: 0..<40)
  func `random appends and moves give the bytes of a plain array`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var buffer = OutboundBuffer()
    var model: [UInt8] = []
    for _ in 0..<300 {
      if Bool.random(using: &random) {
        let largest = [10, 500, 16_383, 16_384, 40_000].randomElement(using: &random)!
        let start = Int.random(in: 0..<1_000, using: &random)
        let bytes = Self.pattern[start..<start + Int.random(in: 0...largest, using: &random)]
        var frame = ByteBuffer(bytes: [0, 0, 0] + bytes)
        frame.moveReaderIndex(forwardBy: 3)
        buffer.append(frame)
        model += bytes
      } else {
        let count = Int.random(in: 0...min(model.count, 20_000), using: &random)
        var moved = ByteBuffer(bytes: [1, 2])
        buffer.move(count, behind: &moved)
        #expect(Array(moved.readableBytesView) == [1, 2] + model[..<count])
        model.removeFirst(count)
      }
      #expect(buffer.byteCount == model.count)
      #expect(buffer.isEmpty == model.isEmpty)
    }
    var rest = ByteBuffer()
    buffer.move(buffer.byteCount, behind: &rest)
    #expect(Array(rest.readableBytesView) == model)
  }

  @Test func `a frame that its sender retains is not changed by joining`() {
    var buffer = OutboundBuffer()
    let frame = ByteBuffer(bytes: [1, 2, 3])
    buffer.append(frame)
    buffer.append(ByteBuffer(bytes: [4]))
    #expect(Array(frame.readableBytesView) == [1, 2, 3])
  }

  @Test func `removeAll leaves nothing`() {
    var buffer = OutboundBuffer()
    for _ in 0..<10 { buffer.append(ByteBuffer(repeating: 1, count: 20_000)) }
    buffer.removeAll()
    #expect(buffer.isEmpty)
    buffer.append(ByteBuffer(bytes: [9]))
    var moved = ByteBuffer()
    buffer.move(1, behind: &moved)
    #expect(Array(moved.readableBytesView) == [9])
  }

  @Test func `a queue that is never quite empty does not keep sent bytes`() {
    var buffer = OutboundBuffer()
    let frame = ByteBuffer(repeating: 1, count: 1_000)
    for _ in 0..<8 { buffer.append(frame) }
    for _ in 0..<20_000 {  // 20 MB pass through 8 KB
      buffer.append(frame)
      var moved = ByteBuffer()
      buffer.move(1_000, behind: &moved)
    }
    #expect(buffer.byteCount == 8_000)
    #expect(buffer.storageBytes < 100_000)
  }
}

extension OutboundBuffer {
  /// How much memory its buffers hold, by reflection.
  fileprivate var storageBytes: Int {
    Mirror(reflecting: self).children.reduce(0) { $0 + ((($1.value as? ByteBuffer)?.capacity) ?? 0) }
  }
}

extension OutboundBuffer {
  fileprivate mutating func move(_ count: Int, behind buffer: inout ByteBuffer) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
      if let start = memory.baseAddress { move(count, to: start, done: BufferPool()) }
      return count
    }
  }
}
