// A stream written as plain code: a body that yields elements and waits, at each, for the consumer to want another.

/// A sequence whose elements a body makes, one for each `next()`.
///
/// ```swift
/// let countdown = AsyncGenerator { yield in
///   for number in (1...3).reversed() { try await yield(number) }
/// }
/// for try await number in countdown { print(number) }
/// ```
///
/// Laws:
/// - Cold: the body starts at the first `next()`, anew for each iterator.
/// - Pull: the body is suspended in ``Yield`` until the consumer asks for the next element.
/// - Fused: after `nil` or an error, `next()` returns `nil` for ever. An error of the body's is thrown once.
/// - Cancelled with its consumer: when the task in `next()` is cancelled or the iterator goes away, the body's task is
///   cancelled and its `yield` throws `CancellationError`. A `next()` that is cancelled while it waits returns when
///   the body has ended, with the body's error or `nil`, so nothing is left running behind it; what the body throws
///   after its iterator went away is dropped.
/// - The body runs in a task of its own, which takes over the priority, the task-locals and the executor preference of
///   the task of the first `next()`: on an event loop, nothing leaves that loop. ``run(_:)`` needs no task.
public struct AsyncGenerator<Element: Sendable, Failure: Error>: AsyncSequence, Sendable {
  /// What makes the elements.
  public typealias Body = @Sendable (Yield<Element>) async throws(Failure) -> Void
  /// What takes elements of a body that runs directly.
  public typealias Sink = @Sendable (Element) async throws -> Void

  @usableFromInline let body: Body

  /// A generator with this body.
  ///
  /// - Parameters:
  ///   - of: the type of the elements, where the body alone does not tell it.
  ///   - body: yields elements; its return ends the stream, its error is thrown to the consumer.
  public init(of: Element.Type = Element.self, _ body: @escaping Body) { self.body = body }

  /// Runs the body in the caller's task and gives each element to the sink; `yield` returns when the sink does.
  ///
  /// The same order, back-pressure and cancellation as by iterating, without a task and without a hand-over between
  /// two. When the sink throws, `yield` throws that error, and so does every later `yield`; the body's error, or its
  /// return, is then the outcome of this call as always.
  ///
  /// - Throws: what the body throws, so also what it lets through of the sink's errors.
  @inlinable
  public func run(_ sink: @escaping Sink) async throws(Failure) {
    let direct = DirectSink<Element>(sink)
    defer { direct.end() }
    try await body(Yield(target: .sink(direct)))
  }

  /// Runs the body in the caller's task, as ``run(_:)``, into a sink that is waited for only while it has no room.
  ///
  /// Child tasks of the body that yield at the same time may put elements at the same time; one of them at a time waits
  /// for room, and the others queue behind it. When the caller's task is cancelled, `yield` throws from then on; a child
  /// task that the body has cancelled alone is not refused by `yield` as long as the sink has room.
  ///
  /// - Throws: what the body throws, so also what it lets through of the sink's errors.
  @inlinable
  public func run(into sink: some ImmediateSink<Element, any Error>) async throws(Failure) {
    let run = ImmediateRun<Element>(sink)
    defer { run.end() }
    let failure: Failure? = await withTaskCancellationHandler {
      do throws(Failure) { try await body(Yield(target: .immediate(run))) } catch { return error }
      return nil
    } onCancel: {
      run.cancel()
    }
    if let failure { throw failure }
  }

  /// An iterator with a run of the body of its own, not yet started.
  public func makeAsyncIterator() -> Iterator { Iterator(run: GeneratorRun(body)) }

  /// Asks one run of the body for its elements. Copies of it share that run, and take turns where an actor has several.
  public struct Iterator: AsyncIteratorProtocol {
    let run: GeneratorRun<Element, Failure>

    /// The next element; `nil` once the body has ended.
    ///
    /// - Throws: what the body threw, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      // One function and not three: each async call costs a switch of executors on its way in and one on its way back.
      if !run.beginTurn() { await run.waitForTurn() }
      defer { run.endTurn() }
      guard let producer = run.startOnce() else { return nil }
      let hasElement = await withTaskCancellationHandler {
        await withUnsafeContinuation { producer.rendezvous.demand($0) }
      } onCancel: {
        producer.cancel()
      }
      return hasElement ? producer.rendezvous.take() : try await run.finish(producer)
    }

    /// The next element; `nil` once the body has ended.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}
