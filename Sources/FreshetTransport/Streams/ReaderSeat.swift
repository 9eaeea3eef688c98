// Lets a reader off its stream's loop wait without a hop to the loop.
import Synchronization

/// One wait for messages, and the job that asks the loop if necessary.
// SAFETY: immutable.
final class ReadWait: LoopJob, @unchecked Sendable {
  let id: UInt64
  let continuation: WaitSlot<InboundBatch>.Continuation
  let withRest: Bool
  private let stream: TransportStream

  init(
    _ id: UInt64, _ continuation: WaitSlot<InboundBatch>.Continuation, withRest: Bool, on stream: TransportStream
  ) {
    self.id = id
    self.continuation = continuation
    self.withRest = withRest
    self.stream = stream
  }

  override func run() { stream.read(self) }
}

/// A reader that finds the seat free takes it, and the loop finds it there when something arrives: a turn of ping-pong
/// needs no hop to the loop for its `next`. The seat is free only while the loop has nothing for a reader: no bytes, no
/// end, and no window to return.
///
/// ```text
/// locked ─ unlock (loop) ─▶ free ─ sit (reader) ─▶ taken ─ lock (loop) ─▶ locked
///                            └──────── lock (loop) ──────────────────────────▲
/// ```
struct ReaderSeat: ~Copyable {
  private static let locked: UInt = 0, free: UInt = 1
  /// One of these, or the address of a retained wait.
  private let state = Atomic<UInt>(locked)

  /// - Returns: false if the reader must ask the loop.
  func sit(_ wait: ReadWait) -> Bool {
    let holding = Unmanaged.passRetained(wait)
    let address = UInt(bitPattern: holding.toOpaque())
    if state.compareExchange(expected: Self.free, desired: address, ordering: .acquiringAndReleasing).exchanged {
      return true
    }
    holding.release()
    return false
  }

  var isFree: Bool { state.load(ordering: .relaxed) == Self.free }

  /// On the loop, while no reader is seated.
  func unlock() { state.store(Self.free, ordering: .releasing) }

  /// On the loop: from here on every reader asks it.
  /// - Returns: the seated reader's wait.
  func lock() -> ReadWait? {
    // Only the loop leaves this state.
    if state.load(ordering: .relaxed) == Self.locked { return nil }
    let before = state.exchange(Self.locked, ordering: .acquiringAndReleasing)
    if before == Self.free { return nil }
    return UnsafeRawPointer(bitPattern: before).map { Unmanaged<ReadWait>.fromOpaque($0).takeRetainedValue() }
  }
}
