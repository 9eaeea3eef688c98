// Sends a generator's elements straight into a sink, one at a time, with no task and no rendezvous.

/// The target of a generator's `yield` while its body runs directly.
///
/// Any task of the body may call ``send(_:)``; one call of the sink runs at a time, others wait for their turn.
@usableFromInline
final class DirectSink<Element: Sendable>: Sendable {
  @usableFromInline let sink: AsyncGenerator<Element, Never>.Sink
  @usableFromInline let turn = SinkTurn()

  @inlinable
  init(_ sink: @escaping AsyncGenerator<Element, Never>.Sink) { self.sink = sink }

  /// Passes the element to the sink and returns when the sink has accepted it.
  @inlinable
  func send(_ element: Element) async throws {
    if Task.isCancelled { throw CancellationError() }
    if !turn.tryEnter() { try await turn.enter() }
    do { try await sink(element) } catch {
      turn.fail(error)
      throw error
    }
    turn.leave()
  }

  /// The body has returned or thrown: a sender that still waits fails.
  @inlinable
  func end() { turn.end() }
}
