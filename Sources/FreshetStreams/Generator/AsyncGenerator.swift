// A stream written as plain code: a body that yields elements and waits, at each, until the consumer wants another.

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
/// - Pull: the body is suspended in ``Yield`` until the consumer requests the next element.
/// - Fused: after `nil` or an error, `next()` returns `nil` forever. The body's error is thrown once.
/// - Cancelled with its consumer: when the task in `next()` is cancelled or the iterator is dropped, the body's task is
///   cancelled and its `yield` throws `CancellationError`. A `next()` that is cancelled while it waits returns when the
///   body has ended, with the body's error or `nil`, so nothing is left running; an error of the body after its
///   iterator was dropped is ignored.
/// - The body runs in a task of its own, which inherits the priority, the task-locals and the executor preference of
///   the task of the first `next()`: on an event loop, nothing leaves that loop. ``run(_:)`` needs no task.
public struct AsyncGenerator<Element: Sendable, Failure: Error>: AsyncSequence, Sendable {
  /// Produces the elements.
  public typealias Body = @Sendable (Yield<Element>) async throws(Failure) -> Void
  /// Receives the elements of a body that runs directly.
  public typealias Sink = @Sendable (Element) async throws -> Void

  @usableFromInline let body: Body

  /// A generator with this body.
  ///
  /// - Parameters:
  ///   - of: the type of the elements, if it cannot be inferred from the body.
  ///   - body: yields elements; the stream ends when it returns, and its error is thrown to the consumer.
  public init(of: Element.Type = Element.self, _ body: @escaping Body) { self.body = body }

  /// Runs the body in the caller's task and passes each element to the sink; `yield` returns when the sink does.
  ///
  /// Order, back-pressure and cancellation are the same as when iterating, without a second task and a hand-over
  /// between the two. When the sink throws, `yield` throws that error, and so does every later `yield`; the body's
  /// error, or its return, is then the outcome of this call as usual.
  ///
  /// - Throws: the body's error, including errors of the sink that it does not catch.
  @inlinable
  public func run(_ sink: @escaping Sink) async throws(Failure) {
    let direct = DirectSink<Element>(sink)
    defer { direct.end() }
    try await body(Yield(target: .sink(direct)))
  }

  /// Runs the body in the caller's task, like ``run(_:)``, into a sink that is awaited only while it has no room.
  ///
  /// Child tasks of the body that yield concurrently may put elements concurrently; one of them at a time waits for
  /// room, and the others queue behind it. When the caller's task is cancelled, `yield` throws from then on; a child
  /// task that only the body has cancelled can still `yield` as long as the sink has room.
  ///
  /// - Throws: the body's error, including errors of the sink that it does not catch.
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

  /// An iterator with its own run of the body, not yet started.
  public func makeAsyncIterator() -> Iterator { Iterator(run: GeneratorRun(body)) }

  /// Requests elements from one run of the body. Copies share that run, and take turns if an actor uses several.
  public struct Iterator: AsyncIteratorProtocol {
    let run: GeneratorRun<Element, Failure>

    /// The next element; `nil` once the body has ended.
    ///
    /// - Throws: the body's error, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      // One function, not three: each async call costs a switch of executors on its way in and another on its way back.
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
