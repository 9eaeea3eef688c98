// Detects that most connections have gone after a peak, so that their memory can be returned to the system.
import FreshetTransport

/// A server's number of connections, compared with its peak. A value; its owner has the lock.
struct Crowd {
  /// Fewer are not worth it: a connection takes 20 KiB.
  static let leastCount = 256

  private var most = 0

  mutating func has(_ count: Int) { most = max(most, count) }

  /// - Returns: whether three quarters of the peak have gone; the rest then starts the next one.
  mutating func hasOnly(_ count: Int) -> Bool {
    guard most >= Self.leastCount, count <= most / 4 else { return false }
    most = count
    return true
  }

  /// A moment after the connections have gone, so that their memory has been freed.
  static func returnMemory(by executor: LoopExecutor) {
    _ = executor.schedule(in: .seconds(1)) { FreedMemory.giveBack() }
  }
}
