// Looks up the addresses of a channel's name, off its loop.
package import FreshetTransport
package import NIOCore
import NIOPosix

/// Runs one lookup at a time, so that an unresponsive name server blocks at most one thread per channel. Confined to
/// its loop.
package final class NameLookup {
  package typealias Completion = (Result<[ConnectAddress], TransportError>) -> Void
  /// The system's resolver, which may block.
  package typealias Resolve = @Sendable (_ host: String, _ port: Int) throws -> [SocketAddress]

  /// For lookups only: hung ones would take NIO's own pool, which has as many threads as the machine has cores, from
  /// everything else that blocks, such as the decompression of large messages.
  private static let threads = {
    let threads = NIOThreadPool(numberOfThreads: 4)
    threads.start()
    return threads
  }()

  private let resolve: Resolve
  private let executor: LoopExecutor
  @exclusivity(unchecked) private var state = State()

  private struct State {
    var isRunning = false
    /// The waiter for the addresses.
    var completion: Completion?
  }

  package init(_ resolve: @escaping Resolve, on executor: LoopExecutor) {
    self.resolve = resolve
    self.executor = executor
  }

  /// Looks the name up, or waits for an abandoned lookup of it that still runs.
  package func start(host: String, port: Int, completion: @escaping Completion) {
    state.completion = completion
    if state.isRunning { return }
    state.isRunning = true
    let lookup = NIOLoopBound(self, eventLoop: executor.loop)
    Self.threads.submit { [resolve, executor] _ in
      let result = Result { try resolve(host, port) }
      if executor.isShutDown { return }
      executor.run { lookup.value.end(result, of: host) }
    }
  }

  private func end(_ result: Result<[SocketAddress], any Error>, of host: String) {
    state.isRunning = false
    state.completion.take()?(
      result.map { $0.map { .ip($0) } }.mapError { error in
        error as? TransportError
          ?? TransportError(.connect, "the name “\(host)” cannot be resolved: \(error)", cause: error)
      })
  }

  /// Drops the waiter; the lookup itself cannot be cancelled.
  package func giveUp() { state.completion = nil }
}
