// Runs a generator's elements into a sink that mostly has room: a plain call for each, no wait.

/// What a generator's `yield` calls while its body runs directly into an ``ImmediateSink``.
///
/// Any task of the body may call anything. As long as nobody waits for room, elements go straight in; then the one who
/// waits has its turn, and the others queue behind it.
///
/// It learns by ``cancel()`` that its task was cancelled: asking `Task.isCancelled` takes 45 ns for each element, which is
/// more than all the rest of the way together (Benchmarks, stream-bench).
@usableFromInline
final class ImmediateRun<Element: Sendable>: Sendable {
  @usableFromInline let sink: any ImmediateSink<Element, any Error>
  @usableFromInline let turn = SinkTurn()

  @inlinable
  init(_ sink: any ImmediateSink<Element, any Error>) { self.sink = sink }

  /// Gives the element to the sink if nobody waits there.
  @inlinable
  func offer(_ element: Element) throws -> Offer {
    guard turn.isFree else { return .busy }
    do { return try sink.put(element) ? .taken : .takenLast } catch {
      turn.fail(error)
      throw error
    }
  }

  /// Waits for its turn and for room, and gives the element if that was not done yet.
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

  /// The task that runs the body was cancelled: nothing more is taken.
  @usableFromInline
  func cancel() { turn.fail(CancellationError()) }

  /// The body has returned or thrown: a sender that still waits fails.
  @inlinable
  func end() { turn.end() }
}

/// What became of an element that was offered.
@usableFromInline
enum Offer {
  /// It was taken, and there is room for another.
  case taken
  /// It was taken, and there is no room for another.
  case takenLast
  /// It was not taken, since another task waits for room already.
  case busy
}
