// Owns the task of one run of a generator: starts it on first demand, cancels it when the consumer is dropped.

/// The consumer's end of one run of a body.
///
/// Owned only by an iterator and its copies, so that it is released with them: the body's task only holds the
/// ``Rendezvous``. Confined to the task that iterates, or to the actor, whose tasks take turns.
final class GeneratorRun<Element: Sendable, Failure: Error> {
  typealias Body = AsyncGenerator<Element, Failure>.Body

  /// A running body and its rendezvous, for use by a cancellation handler.
  struct Producer: Sendable {
    let task: Task<Result<Void, Failure>, Never>
    let rendezvous: Rendezvous<Element>

    /// Cancels the body's task and refuses everything it yields from now on.
    func cancel() {
      task.cancel()
      rendezvous.cancel()
    }
  }

  private enum State {
    /// No element was requested yet. → running.
    case cold(Body)
    /// The body's task is running. → over.
    case running(Producer)
    /// The body has ended and its outcome was returned.
    case over
  }

  private var state: State
  /// Whether a `next()` is in progress. Copies of an iterator in an actor may be used while another waits.
  @exclusivity(unchecked) private var isAsked = false
  /// Callers of `next()` that wait for their turn.
  private var queue = Fifo<UnsafeContinuation<Void, Never>>()

  init(_ body: @escaping Body) { state = .cold(body) }

  deinit { if case .running(let producer) = state { producer.cancel() } }

  /// Begins a `next()` unless another is in progress; if so, call ``waitForTurn(isolation:)``.
  func beginTurn() -> Bool {
    defer { isAsked = true }
    return !isAsked
  }

  /// Waits until earlier calls have returned; a cancellation cancels the body, and so their waits.
  func waitForTurn(isolation: isolated (any Actor)? = #isolation) async {
    let producer: Producer? = if case .running(let producer) = state { producer } else { nil }
    await withTaskCancellationHandler {
      // Also keeps the closure in the actor: one that does not capture the parameter runs beside it (SE-0420).
      isolation?.assertIsolated()
      await withUnsafeContinuation { queue.append($0) }
    } onCancel: {
      producer?.cancel()
    }
  }

  /// A `next()` returns; the one after it begins.
  func endTurn() {
    if let next = queue.popFirst() { next.resume() } else { isAsked = false }
  }

  /// The running body, started if necessary; `nil` once it is over.
  func startOnce() -> Producer? {
    switch state {
    case .over: return nil
    case .running(let producer): return producer
    case .cold(let body):
      let producer = GeneratorRun.start(body)
      state = .running(producer)
      return producer
    }
  }

  /// The outcome of a body that has ended: `nil` or its error. Only waits for its task's last instructions.
  func finish(_ producer: Producer, isolation: isolated (any Actor)? = #isolation) async throws(Failure) -> Element? {
    state = .over
    try await producer.task.value.get()
    return nil
  }

  /// Unstructured tasks inherit task-locals and priority but not an executor preference, so it is passed on here.
  private static func start(_ body: @escaping Body) -> Producer {
    let rendezvous = Rendezvous<Element>()
    let executor = withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
    let task = Task<Result<Void, Failure>, Never>(executorPreference: executor) {
      defer { rendezvous.finish() }
      do throws(Failure) {
        try await body(Yield(target: .rendezvous(rendezvous)))
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    return Producer(task: task, rendezvous: rendezvous)
  }
}
