// Blocks a thread, like a system call that does not return.
import Foundation

/// Initially closed. For threads that may block; a task waits for an `Event` instead.
public final class Gate: Sendable {
  /// Set when a thread has reached the gate.
  public let reached = Signal<Void>()
  private let semaphore = DispatchSemaphore(value: 0)

  public init() {}

  /// Blocks until the gate is open.
  public func pass() {
    reached.set()
    semaphore.wait()
    semaphore.signal()
  }

  public func open() { semaphore.signal() }
}
