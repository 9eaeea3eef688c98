// The function that a generator's body calls to hand over an element.

/// Hands elements of an ``AsyncGenerator`` to its consumer.
///
/// `try await yield(element)` returns when the consumer asks for the *next* element, so the body is never ahead of its
/// consumer. Laws:
/// - When it returns, the element was received.
/// - When it throws, nobody wants a further element. Whether this last one was received is then open: a consumer that
///   goes away after it and one that goes away before it look the same.
/// - Once it has thrown because the consumer went away, every later call throws at once.
/// - Child tasks of the body may call it at the same time; their elements are delivered one by one in order of arrival.
/// - After the body has returned, it throws `CancellationError`.
// SAFETY: all parts are Sendable, but `immediate`, which `target` keeps alive.
public struct Yield<Element: Sendable>: @unchecked Sendable {
  @usableFromInline
  enum Target: Sendable {
    case rendezvous(Rendezvous<Element>)
    case sink(DirectSink<Element>)
    case immediate(ImmediateRun<Element>)
  }

  @usableFromInline let target: Target
  /// The run that `target` has, if it has one: taking it out of there costs a retain and a release for each element, which
  /// is as much as all the rest of an element's way (Benchmarks, stream-bench).
  @usableFromInline let immediate: Unmanaged<ImmediateRun<Element>>?

  @inlinable
  init(target: Target) {
    self.target = target
    if case .immediate(let run) = target { immediate = .passUnretained(run) } else { immediate = nil }
  }

  /// Hands over one element and waits until the consumer asks for the next.
  ///
  /// - Throws: `CancellationError` when the consumer went away, when the calling task was cancelled before the
  ///   hand-over, or when the body is over. Under ``AsyncGenerator/run(_:)`` and ``AsyncGenerator/run(into:)``, what the
  ///   sink threw.
  @inlinable
  public func callAsFunction(_ element: Element) async throws {
    let offer = try offer(element)
    if case .taken = offer { return }
    switch target {
    case .rendezvous(let rendezvous): try await rendezvous.yield(element)
    case .sink(let sink): try await sink.send(element)
    case .immediate(let run): try await run.settle(element, offer)
    }
  }

  /// Hands over the element without an async call, where nothing need be waited for.
  @inlinable
  func offer(_ element: Element) throws -> Offer {
    guard let immediate else { return .busy }
    return try immediate._withUnsafeGuaranteedRef { try $0.offer(element) }
  }
}
