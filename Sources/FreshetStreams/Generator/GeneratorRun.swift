// Owns the task of one run of a generator: starts it at the first demand, cancels it when the consumer goes away.

/// The consumer's end of one run of a body.
///
/// Owned by an iterator and its copies alone, so that it goes away with them: the body's task holds only the
/// ``Rendezvous``. Confined to the task that iterates, or to the actor, whose tasks take turns.
final class GeneratorRun<Element: Sendable, Failure: Error> {
  typealias Body = AsyncGenerator<Element, Failure>.Body

  /// A body at work and the way to it, which a cancellation handler may hold.
  struct Producer: Sendable {
    let task: Task<Result<Void, Failure>, Never>
    let rendezvous: Rendezvous<Element>

    /// Cancels the body's task and refuses whatever it yields from now on.
    func cancel() {
      task.cancel()
      rendezvous.cancel()
    }
  }

  private enum State {
    /// Nobody has asked for an element. → running.
    case cold(Body)
    /// The body's task lives. → over.
    case running(Producer)
    /// The body has ended and its outcome was given.
    case over
  }

  private var state: State
  /// Whether a `next()` is at work. Copies of an iterator in an actor may be asked while another waits.
  @exclusivity(unchecked) private var isAsked = false
  /// Those that wait for their turn behind it.
  private var queue = Fifo<UnsafeContinuation<Void, Never>>()

  init(_ body: @escaping Body) { state = .cold(body) }

  deinit { if case .running(let producer) = state { producer.cancel() } }

  /// Begins a `next()` if no other is at work. If one is: ``waitForTurn(isolation:)``.
  func beginTurn() -> Bool {
    defer { isAsked = true }
    return !isAsked
  }

  /// Waits until those before have their answers; a cancellation cancels the body, and so their waits.
  func waitForTurn(isolation: isolated (any Actor)? = #isolation) async {
    let producer: Producer? = if case .running(let producer) = state { producer } else { nil }
    await withTaskCancellationHandler {
      await withUnsafeContinuation { queue.append($0) }
    } onCancel: {
      producer?.cancel()
    }
  }

  /// A `next()` has its answer; the one behind it begins.
  func endTurn() {
    if let next = queue.popFirst() { next.resume() } else { isAsked = false }
  }

  /// The body at work, started if it was not; `nil` once it is over.
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

  /// Gives the outcome of a body that has ended: `nil` or its error. Waits for its task's last instructions only.
  func finish(_ producer: Producer, isolation: isolated (any Actor)? = #isolation) async throws(Failure) -> Element? {
    state = .over
    try await producer.task.value.get()
    return nil
  }

  /// Unstructured tasks inherit task-locals and priority but not an executor preference, so that one is handed over
  /// here.
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
