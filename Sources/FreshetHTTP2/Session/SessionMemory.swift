// The memory of nghttp2's small objects: freed blocks are kept for the next stream instead of returning to malloc.
import CNGHTTP2

/// An allocator for the sessions of one event loop. Confined to it; not Sendable.
///
/// nghttp2 allocates and frees eight small blocks per unary call, which costs three times as much with malloc. A freed
/// block is kept in the list of its size for reuse; beyond `maxKeptBytes` it is freed, so that the needs of many
/// concurrent streams do not persist.
public final class SessionMemory {
  /// The state used by the C functions. Block sizes are 64, 128, … 2048 bytes, each preceded by `headerBytes`.
  private struct Pool {
    static let sizes = 6
    static let smallestShift = 6
    var free: (Block?, Block?, Block?, Block?, Block?, Block?) = (nil, nil, nil, nil, nil, nil)
    var keptBytes = 0
  }

  private typealias Block = UnsafeMutableRawPointer

  /// Before each block: the index of its size, or -1 for one of malloc's; 16 bytes keep malloc's alignment.
  private static let headerBytes = 16
  private static let maxKeptBytes = 256 * 1024

  private let pool: UnsafeMutablePointer<Pool>
  let allocator: UnsafeMutablePointer<nghttp2_mem>

  public init() {
    pool = .allocate(capacity: 1)
    pool.initialize(to: Pool())
    allocator = .allocate(capacity: 1)
    allocator.initialize(
      to: nghttp2_mem(
        mem_user_data: pool,
        malloc: { size, pool in SessionMemory.take(size, pool) },
        free: { block, pool in SessionMemory.giveBack(block, pool) },
        calloc: { count, size, pool in SessionMemory.takeZeroed(count, size, pool) },
        realloc: { block, size, pool in SessionMemory.resize(block, size, pool) }))
  }

  deinit {
    Self.withLists(pool) { lists in
      for index in 0..<Pool.sizes {
        while let block = lists[index] {
          lists[index] = block.load(as: Block?.self)
          (block - Self.headerBytes).deallocate()
        }
      }
    }
    pool.deallocate()
    allocator.deallocate()
  }

  /// How many bytes are kept for reuse.
  var keptBytes: Int { pool.pointee.keptBytes }

  private static func withLists<Result>(
    _ pool: UnsafeMutablePointer<Pool>, _ body: (UnsafeMutablePointer<Block?>) -> Result
  ) -> Result {
    withUnsafeMutablePointer(to: &pool.pointee.free) { lists in
      lists.withMemoryRebound(to: Block?.self, capacity: Pool.sizes, body)
    }
  }

  /// The smallest size that holds this many bytes.
  private static func index(holding size: Int) -> Int {
    size <= 1 << Pool.smallestShift ? 0 : Int.bitWidth - (size - 1).leadingZeroBitCount - Pool.smallestShift
  }

  private static func bytes(_ index: Int) -> Int { 1 << (index + Pool.smallestShift) }

  private static func take(_ size: Int, _ userData: UnsafeMutableRawPointer?) -> Block? {
    let index = index(holding: size)
    guard index < Pool.sizes, let pool = userData?.assumingMemoryBound(to: Pool.self) else { return make(size, -1) }
    let kept = withLists(pool) { lists in
      let block = lists[index]
      if let block { lists[index] = block.load(as: Block?.self) }
      return block
    }
    guard let kept else { return make(bytes(index), index) }
    pool.pointee.keptBytes -= bytes(index)
    return kept
  }

  private static func make(_ size: Int, _ index: Int) -> Block {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: headerBytes + size, alignment: headerBytes)
    memory.storeBytes(of: index, as: Int.self)
    memory.storeBytes(of: size, toByteOffset: 8, as: Int.self)
    return memory + headerBytes
  }

  private static func takeZeroed(_ count: Int, _ size: Int, _ userData: UnsafeMutableRawPointer?) -> Block? {
    let (bytes, isTooMuch) = count.multipliedReportingOverflow(by: size)
    guard !isTooMuch, let block = take(bytes, userData) else { return nil }
    block.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return block
  }

  private static func giveBack(_ block: Block?, _ userData: UnsafeMutableRawPointer?) {
    guard let block else { return }
    let memory = block - headerBytes
    let index = memory.load(as: Int.self)
    guard index >= 0, let pool = userData?.assumingMemoryBound(to: Pool.self),
      pool.pointee.keptBytes + bytes(index) <= maxKeptBytes
    else { return memory.deallocate() }
    withLists(pool) { lists in
      block.storeBytes(of: lists[index], as: Block?.self)
      lists[index] = block
    }
    pool.pointee.keptBytes += bytes(index)
  }

  private static func resize(_ block: Block?, _ size: Int, _ userData: UnsafeMutableRawPointer?) -> Block? {
    guard let block else { return take(size, userData) }
    let capacity = (block - headerBytes).load(fromByteOffset: 8, as: Int.self)
    if size <= capacity { return block }
    guard let larger = take(size, userData) else { return nil }
    larger.copyMemory(from: block, byteCount: capacity)
    giveBack(block, userData)
    return larger
  }
}
