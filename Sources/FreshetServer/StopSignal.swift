// Waits for what ends a server: a signal, a lifecycle group, or cancellation.
import ServiceLifecycle
import UnixSignals

/// SIGTERM and SIGINT are trapped as long as this lives.
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

  /// Returns at the next signal, or when the task is cancelled.
  func waitForSignal() async {
    for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return }
  }
}
