// The receiving end of a channel.

/// The stream of a ``channel(of:failing:capacity:)``.
///
/// A channel is read once: its iterators share its elements, each of which goes to one of them, and a later iterator
/// continues where the others are. Many may wait concurrently. The stream is gone when it and its iterators have been
/// dropped, or when a task that waited for an element was cancelled: then its iterators return `nil`, and the producers
/// are notified (``SendError/gone(unreceived:)``).
public struct ChannelStream<Element: Sendable, Failure: Error>: AsyncSequence, Sendable {
  private let end: End

  init(_ core: ChannelCore) { end = End(core) }

  /// An iterator that shares the elements with all others.
  public func makeAsyncIterator() -> Iterator { Iterator(end: end) }

  /// Notifies the producers when it is dropped.
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
    /// - Throws: the error that the channel was finished with, once.
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

    /// The next element if it is already there; `nil` if there is none now, or none any more. Leaves an end, and its
    /// error, to ``next()``.
    mutating func nextReady() -> Element? {
      end.core.tryTake().map { unsafeDowncast($0, to: Held<Element>.self).element }
    }
  }
}

extension ChannelStream.Iterator: Sendable {}
