// Notices that an event loop was shut down.
import NIOCore
import Synchronization

/// Dies with its loop. A loop that was shut down cancels its callbacks and says so to them; nothing else of NIO tells that
/// it is gone, and what it is given then is dropped.
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
