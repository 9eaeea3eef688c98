// Waits for something that happens soon, without a clock: every event loop gets its turns meanwhile.
import NIOCore
import NIOPosix

/// - Returns: whether the condition became true before so many turns of all event loops that it never will.
public func eventually(_ condition: () -> Bool) async -> Bool {
  for _ in 0..<20_000 {
    if condition() { return true }
    for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try? await loop.submit {}.get() }
    await Task.yield()
  }
  return condition()
}
