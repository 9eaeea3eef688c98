// Tells when most connections of a crowd have gone, whose memory then goes back to the system.
import CMalloc
import FreshetTransport
import NIOPosix

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

  /// Gives freed memory back, away from the loop, a moment after the connections have gone. glibc keeps what lies between
  /// blocks in use: after 10,000 connections it kept four times what the server had before them.
  static func returnMemory(by executor: LoopExecutor) {
    _ = executor.schedule(in: .seconds(1)) {
      NIOThreadPool.singleton.submit { _ in freshet_return_freed_memory() }
    }
  }
}
