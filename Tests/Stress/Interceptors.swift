// Interceptors of both sides, which wait, throw, and set metadata too late.
import Freshet
import NIOCore
import Synchronization

struct StressClientInterceptor: ClientInterceptor {
  static let starts = Atomic(0), ends = Atomic(0)

  let running: Running

  func startCall(_ call: inout ClientCallRequest) async throws {
    if let plan = running.call(of: call.options.metadata)?.plan {
      if plan.interceptorWaits { await plan.caller.run { await rest(.microseconds(Int64(plan.seed % 500))) } }
      if case .interceptorThrows = plan.fate { throw Fate.interceptorsError }
    }
    call.options.metadata.add("yes", for: "stress-intercepted")
    Self.starts.add(1, ordering: .relaxed)
  }

  func endCall(_ call: ClientCallRequest, error: RPCError?) {
    Self.ends.add(1, ordering: .relaxed)
    EndCallWork.runOne()
    guard let progress = running.call(of: call.options.metadata) else { return }
    if progress.isEndSeen.exchange(true, ordering: .relaxed) { progress.fail("its interceptor saw two ends") }
    if let error, !progress.plan.fate.allowsSender(error) { progress.fail("its interceptor saw the end: \(error)") }
  }
}

struct StressServerInterceptor: ServerInterceptor {
  let running: Running

  func intercept(_ context: ServerContext, next: Next) async throws {
    try await next(context)
    guard let progress = running.call(of: context.metadata), progress.answered.value > 0 else { return }
    context.responseMetadata = ["stress-head": "set when the handler had returned"]
  }
}

/// Work to be run in `endCall`, in the middle of the event loop's work.
enum EndCallWork {
  private static let waiting = Mutex([[@Sendable () -> Void]](repeating: [], count: Loops.count))

  static func add(_ body: @escaping @Sendable () -> Void, loop: Int) { waiting.withLock { $0[loop].append(body) } }

  static func runOne() {
    guard let index = Loops.current else { return }
    waiting.withLock { $0[index].popLast() }?()
  }

  /// Runs pending work, for when calls with interceptors are rare.
  static func runAll() {
    let all = waiting.withLock { waiting in
      defer { waiting = [[@Sendable () -> Void]](repeating: [], count: Loops.count) }
      return waiting
    }
    for body in all.joined() { body() }
  }
}
