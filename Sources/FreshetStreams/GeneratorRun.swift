// Owns the task of one run of a generator: starts it at the first demand, cancels it when the consumer goes away.

/// The consumer's end of one run of a body.
///
/// Owned by an iterator and its copies alone, so that it goes away with them: the body's task holds only the
/// ``Rendezvous``. Confined to the task that iterates.
final class GeneratorRun<Element: Sendable, Failure: Error> {
  private typealias Body = AsyncGenerator<Element, Failure>.Body
  private typealias Outcome = Result<Void, Failure>

  private enum State {
    /// Nobody has asked for an element. → running.
    case cold(Body)
    /// The body's task lives. → over.
    case running(Task<Outcome, Never>)
    /// The body has ended and its outcome was given.
    case over
  }

  private var state: State
  private let rendezvous = Rendezvous<Element>()

  init(_ body: @escaping AsyncGenerator<Element, Failure>.Body) { state = .cold(body) }

  deinit {
    guard case .running(let task) = state else { return }
    task.cancel()
    rendezvous.cancel()
  }

  func next(isolation: isolated (any Actor)?) async throws(Failure) -> Element? {
    let task: Task<Outcome, Never>
    switch state {
    case .over: return nil
    case .running(let running): task = running
    case .cold(let body):
      task = GeneratorRun.start(body, rendezvous)
      state = .running(task)
    }
    let rendezvous = rendezvous
    let element = await withTaskCancellationHandler {
      await rendezvous.demand(isolation: isolation)
    } onCancel: {
      task.cancel()
      rendezvous.cancel()
    }
    if let element { return element }
    state = .over
    // The body has ended, so this waits for the task's last instructions only.
    try await task.value.get()
    return nil
  }

  /// Unstructured tasks inherit task-locals and priority but not an executor preference, so that one is handed over here.
  private static func start(_ body: @escaping Body, _ rendezvous: Rendezvous<Element>) -> Task<Outcome, Never> {
    let executor = withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
    return Task(executorPreference: executor) {
      defer { rendezvous.finish() }
      do throws(Failure) {
        try await body(Yield(target: .rendezvous(rendezvous)))
        return .success(())
      } catch {
        return .failure(error)
      }
    }
  }
}
