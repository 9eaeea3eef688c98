// Tells when most connections of a crowd have gone, whose memory then goes back to the system.
import FreshetTransport

/// How many connections a server has, against the most it had. A value; its owner has the lock.
struct Crowd {
  /// Fewer are not worth it: a connection takes 20 KiB.
  static let leastCount = 256

  private var most = 0

  mutating func has(_ count: Int) { most = max(most, count) }

  /// - Returns: whether three quarters of the crowd have gone; then what is left is the next one.
  mutating func hasOnly(_ count: Int) -> Bool {
    guard most >= Self.leastCount, count <= most / 4 else { return false }
    most = count
    return true
  }

  /// A moment after the connections have gone, so that what they leave is freed.
  static func returnMemory(by executor: LoopExecutor) {
    _ = executor.schedule(in: .seconds(1)) { FreedMemory.giveBack() }
  }
}
