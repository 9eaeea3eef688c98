// What is running: calls of clients, and handlers, which may outlive them.
import Freshet
import NIOCore
import Synchronization

final class Running: Sendable {
  private struct State {
    var calls: [UInt64: CallProgress] = [:]
    var handlers: [ObjectIdentifier: (progress: CallProgress, began: ContinuousClock.Instant)] = [:]
  }

  private let ledger: Ledger
  private let state = Mutex(State())

  init(_ ledger: Ledger) { self.ledger = ledger }

  /// Registers a call with this plan while `body` runs. `body` returns whether it ended with OK.
  func call(_ id: UInt64, _ plan: CallPlan, _ body: (CallProgress) async -> Bool) async {
    let call = CallProgress(id: id, plan: plan, ledger: ledger)
    state.withLock { $0.calls[id] = call }
    let isOK = await body(call)
    state.withLock { _ = $0.calls.removeValue(forKey: id) }
    call.count(isOK: isOK)
  }

  /// The call named by this metadata, while its client waits for it.
  func call(of metadata: Metadata) -> CallProgress? {
    guard let (id, _) = Self.identity(in: metadata) else { return nil }
    return state.withLock { $0.calls[id] }
  }

  /// The call that a handler is to answer; its client may be gone.
  func handledCall(_ metadata: Metadata, firstRequest: ByteBuffer?) -> CallProgress? {
    let identity = Self.identity(in: metadata) ?? firstRequest.flatMap { MessagePattern.owner(of: $0) }
    guard let (id, seed) = identity else { return nil }
    return state.withLock { $0.calls[id] }
      ?? CallProgress(id: id, plan: CallPlan(seed: seed), ledger: ledger, isCounted: true)
  }

  private static func identity(in metadata: Metadata) -> (UInt64, UInt64)? {
    let parts = metadata[CallProgress.key]?.split(separator: "/").compactMap { UInt64($0) } ?? []
    return parts.count == 2 ? (parts[0], parts[1]) : nil
  }

  /// A running handler, for as long as it is retained.
  final class Handler: Sendable {
    let progress: CallProgress
    private let running: Running

    init(_ progress: CallProgress, _ running: Running) {
      self.progress = progress
      self.running = running
      running.state.withLock { $0.handlers[ObjectIdentifier(self)] = (progress, .now) }
    }

    deinit { running.state.withLock { _ = $0.handlers.removeValue(forKey: ObjectIdentifier(self)) } }
  }

  /// Everything that has run for longer than this.
  func all(olderThan age: Duration) -> [String] {
    let limit = ContinuousClock.now - age
    return state.withLock { state in
      state.calls.values.filter { $0.began < limit }.map { "hangs: \($0)" }
        + state.handlers.values.filter { $0.began < limit }.map { "a handler hangs: \($0.progress)" }
    }
  }
}
