// Waits for something that happens soon, without a clock: every event loop gets its turns meanwhile.
import NIOCore
import NIOPosix

/// Returns when the condition is true, or after so many turns of all event loops that it never will be.
public func eventually(_ condition: () -> Bool) async {
  for _ in 0..<20_000 {
    if condition() { return }
    for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try? await loop.submit {}.get() }
    await Task.yield()
  }
}
