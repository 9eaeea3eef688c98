// The allocator shared by a loop's nghttp2 sessions.
import CNGHTTP2
import FreshetHTTP
import TestSupport
import Testing

@testable import FreshetHTTP2

@Suite struct SessionMemoryTests {
  private let memory = SessionMemory()
  private var table: nghttp2_mem { memory.allocator.pointee }

  private func take(_ size: Int) throws -> UnsafeMutableRawPointer {
    try #require(table.malloc(size, table.mem_user_data))
  }

  private func giveBack(_ block: UnsafeMutableRawPointer?) { table.free(block, table.mem_user_data) }

  @Test func `a freed block is the next one of its size`() throws {
    let first = try take(100)
    giveBack(first)
    let other = try take(65)
    #expect(other == first)
    let another = try take(100)
    #expect(another != first)
    giveBack(other)
    giveBack(another)
  }

  @Test func `blocks of other sizes are distinct, and hold their size`() throws {
    let sizes = [0, 1, 63, 64, 65, 127, 128, 129, 1024, 2047, 2048, 2049, 100_000]
    let blocks = try sizes.map { try take($0) }
    #expect(Set(blocks).count == sizes.count)
    for (block, size) in zip(blocks, sizes) {
      #expect(UInt(bitPattern: block) % 16 == 0)
      block.initializeMemory(as: UInt8.self, repeating: 0xAB, count: size)
    }
    blocks.forEach(giveBack)
  }

  @Test func `a block that grows keeps its bytes, within its size and beyond, from nothing and to malloc's`() throws {
    var block = table.realloc(nil, 10, table.mem_user_data)
    for size in [20, 64, 65, 2_000, 3_000, 50_000] {
      let bytes = try #require(block)
      for index in 0..<10 { bytes.storeBytes(of: UInt8(index), toByteOffset: index, as: UInt8.self) }
      block = table.realloc(block, size, table.mem_user_data)
      #expect((0..<10).allSatisfy { block?.load(fromByteOffset: $0, as: UInt8.self) == UInt8($0) })
    }
    giveBack(block)
  }

  @Test func `calloc zeroes memory, also of a reused block, and fails on overflow`() throws {
    let used = try take(256)
    used.initializeMemory(as: UInt8.self, repeating: 0xFF, count: 256)
    giveBack(used)
    let clean = try #require(table.calloc(16, 16, table.mem_user_data))
    #expect(clean == used)
    #expect((0..<256).allSatisfy { clean.load(fromByteOffset: $0, as: UInt8.self) == 0 })
    #expect(table.calloc(.max, 2, table.mem_user_data) == nil)
    giveBack(clean)
  }

  @Test func `freeing nil has no effect`() { giveBack(nil) }

  @Test func `the memory of many concurrent streams is not kept forever`() throws {
    let blocks = try (0..<1_000).map { _ in try take(2_048) }
    blocks.forEach(giveBack)
    #expect(memory.keptBytes <= 256 * 1024 && memory.keptBytes > 128 * 1024)
  }
}
