// Waits for the end of a server's run: a signal, a lifecycle group, or cancellation.
import FreshetTransport
import ServiceLifecycle
import UnixSignals

/// SIGTERM and SIGINT are trapped while this is alive.
struct StopSignal: Sendable {
  let trapsSignals: Bool

  /// Returns at the first signal, at a graceful shutdown, or when the task is cancelled.
  func wait() async {
    await withTaskGroup { group in
      if trapsSignals { group.addTask { await waitForSignal() } }
      group.addTask { try? await gracefulShutdown() }
      await group.next()
      group.cancelAll()
    }
  }

  /// Like `wait`, and then closes the listener; returns early when the listener ends by itself.
  /// - Returns: the error that ended the listener.
  func wait(orEndOf listener: Listener) async -> TransportError? {
    await withTaskGroup(of: Optional<TransportError>.self) { group in
      group.addTask { await listener.waitForEnd() }
      group.addTask {
        await wait()
        await listener.close()  // also ends the other task
        return nil
      }
      var loss: TransportError?
      for await error in group {
        loss = loss ?? error
        group.cancelAll()
      }
      return loss
    }
  }

  /// Returns at the next signal, or when the task is cancelled.
  func waitForSignal() async {
    for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return }
  }
}
