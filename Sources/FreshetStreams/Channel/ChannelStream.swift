// The receiving end of a channel.

/// What comes out of a ``channel(of:failing:capacity:)``.
///
/// A channel is read once: its iterators share what comes, each element goes to one of them, and an iterator that is made
/// later goes on where the others are. Many may wait at the same time. The stream has gone when it and its iterators have, or
/// when a task was cancelled that waited for an element: then its iterators give `nil`, and the producers learn it
/// (``SendError/gone(unreceived:)``).
public struct ChannelStream<Element: Sendable, Failure: Error>: AsyncSequence, Sendable {
  private let end: End

  init(_ core: ChannelCore) { end = End(core) }

  /// An iterator that takes its elements from where all others do.
  public func makeAsyncIterator() -> Iterator { Iterator(end: end) }

  /// Tells the producers when it goes away.
  fileprivate final class End: Sendable {
    let core: ChannelCore

    init(_ core: ChannelCore) { self.core = core }

    deinit { core.leave() }
  }

  /// Receives elements.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let end: End

    /// The next element, in order of arrival; `nil` when the channel is finished.
    ///
    /// - Throws: what the channel was finished with, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      switch await end.core.next() {
      case .element(let element): return unsafeDowncast(element, to: Held<Element>.self).element
      case .end(let failure):
        if let failure { throw unsafeDowncast(failure, to: Held<Failure>.self).element }
        return nil
      }
    }

    /// The next element, in order of arrival; `nil` when the channel is finished.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }

    /// The next element if it is there already; `nil` if there is none now, or none any more. Leaves an end, and the
    /// error with it, to ``next()``.
    mutating func nextReady() -> Element? {
      end.core.tryTake().map { unsafeDowncast($0, to: Held<Element>.self).element }
    }
  }
}

extension ChannelStream.Iterator: Sendable {}
