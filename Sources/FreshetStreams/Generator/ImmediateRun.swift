// Sends a generator's elements into a sink that usually has room: a plain call for each, no wait.

/// The target of a generator's `yield` while its body runs directly into an ``ImmediateSink``.
///
/// Callable from any task of the body. As long as no task waits for room, elements go straight in; then the waiting
/// task has its turn, and the others queue behind it.
///
/// ``cancel()`` tells it that its task was cancelled: checking `Task.isCancelled` takes 45 ns per element, more than
/// the rest of the path together (Benchmarks, stream-bench).
@usableFromInline
final class ImmediateRun<Element: Sendable>: Sendable {
  @usableFromInline let sink: any ImmediateSink<Element, any Error>
  @usableFromInline let turn = SinkTurn()

  @inlinable
  init(_ sink: any ImmediateSink<Element, any Error>) { self.sink = sink }

  /// Passes the element to the sink unless a task waits there.
  @inlinable
  func offer(_ element: Element) throws -> Offer {
    guard turn.isFree else { return .busy }
    do { return try sink.put(element) ? .taken : .takenLast } catch {
      turn.fail(error)
      throw error
    }
  }

  /// Waits for its turn and for room, and passes the element on if that is still to be done.
  @usableFromInline
  func settle(_ element: Element, _ offer: Offer) async throws {
    if !turn.tryEnter() { try await turn.enter() }
    do {
      if try offer == .takenLast || !sink.put(element) { try await sink.waitForRoom() }
    } catch {
      turn.fail(error)
      throw error
    }
    turn.leave()
  }

  /// The task that runs the body was cancelled: nothing more is accepted.
  @usableFromInline
  func cancel() { turn.fail(CancellationError()) }

  /// The body has returned or thrown: a sender that still waits fails.
  @inlinable
  func end() { turn.end() }
}

/// The result of offering an element.
@usableFromInline
enum Offer {
  /// Accepted, and there is room for another.
  case taken
  /// Accepted, and there is no room for another.
  case takenLast
  /// Not accepted, since another task already waits for room.
  case busy
}
