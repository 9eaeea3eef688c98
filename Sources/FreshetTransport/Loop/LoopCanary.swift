// Detects that an event loop was shut down.
import NIOCore
import Synchronization

/// Ends with its loop. A loop that is shut down cancels its callbacks and notifies them; NIO offers no other way to
/// learn that it is gone, and drops what it is given then.
struct LoopCanary: ~Copyable {
  private final class Flag: NIOScheduledCallbackHandler, Sendable {
    let isDead = Atomic(false)
    func handleScheduledCallback(eventLoop: some EventLoop) {}
    func didCancelScheduledCallback(eventLoop: some EventLoop) { isDead.store(true, ordering: .relaxed) }
  }

  private let flag = Flag()
  private let callback: NIOScheduledCallback?

  init(_ loop: any EventLoop) {
    callback = try? loop.scheduleCallback(at: .distantFuture, handler: flag)
    if callback == nil { flag.isDead.store(true, ordering: .relaxed) }
  }

  deinit { callback?.cancel() }

  var isDead: Bool { flag.isDead.load(ordering: .relaxed) }
}
