// The function that a generator's body calls to hand over an element.

/// Hands elements of an ``AsyncGenerator`` to its consumer.
///
/// `try await yield(element)` returns when the consumer requests the *next* element, so the body is never ahead of its
/// consumer. Laws:
/// - When it returns, the element was received.
/// - When it throws, no further element is wanted. Whether this last one was received is then unknown: a consumer that
///   is dropped after it and one that is dropped before it look the same.
/// - Once it has thrown because the consumer was dropped, every later call throws at once.
/// - Child tasks of the body may call it concurrently; their elements are delivered one by one in order of arrival.
/// - After the body has returned, it throws `CancellationError`.
// SAFETY: all parts are Sendable except `immediate`, which `target` keeps alive.
public struct Yield<Element: Sendable>: @unchecked Sendable {
  @usableFromInline
  enum Target: Sendable {
    case rendezvous(Rendezvous<Element>)
    case sink(DirectSink<Element>)
    case immediate(ImmediateRun<Element>)
  }

  @usableFromInline let target: Target
  /// The run inside `target`, if any: extracting it costs a retain and a release per element, as much as the rest of an
  /// element's path (Benchmarks, stream-bench).
  @usableFromInline let immediate: Unmanaged<ImmediateRun<Element>>?

  @inlinable
  init(target: Target) {
    self.target = target
    if case .immediate(let run) = target { immediate = .passUnretained(run) } else { immediate = nil }
  }

  /// Sends one element and waits until the consumer requests the next.
  ///
  /// - Throws: `CancellationError` when the consumer was dropped, when the calling task was cancelled before the
  ///   hand-over, or when the body is over. Under ``AsyncGenerator/run(_:)`` and ``AsyncGenerator/run(into:)``, the
  ///   sink's error.
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

  /// Sends the element without an async call, if there is nothing to wait for.
  @inlinable
  func offer(_ element: Element) throws -> Offer {
    guard let immediate else { return .busy }
    return try immediate._withUnsafeGuaranteedRef { try $0.offer(element) }
  }
}
