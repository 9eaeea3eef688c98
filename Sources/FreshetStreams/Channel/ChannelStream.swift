// The receiving end of a channel.
import Synchronization

/// What comes out of a ``channel(of:failing:capacity:)``.
///
/// Single-use: it has one iterator, and making a second is a programming error. The stream has gone when it and its
/// iterator have, or when a task was cancelled that waited for an element: producers that wait then learn it.
public struct ChannelStream<Element: Sendable, Failure: Error>: AsyncSequence, Sendable {
  private let end: End

  init(_ core: ChannelCore) { end = End(core) }

  /// The one iterator.
  public func makeAsyncIterator() -> Iterator {
    end.claim()
    return Iterator(end: end)
  }

  /// Tells the producers when it goes away.
  fileprivate final class End: Sendable {
    let core: ChannelCore
    private let isClaimed = Atomic(false)

    init(_ core: ChannelCore) { self.core = core }

    deinit { core.leave() }

    func claim() {
      precondition(
        !isClaimed.exchange(true, ordering: .relaxed),
        "a channel's stream is single-use: it was asked for a second iterator")
    }
  }

  /// Receives elements; used by one task at a time.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let end: End

    /// The next element, in order of arrival; `nil` when the channel is finished.
    ///
    /// - Throws: what the channel was finished with, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      switch await end.core.next() {
      case .element(let element): return unsafeDowncast(element, to: Held<Element>.self).element
      case .end(let failure):
        // The sinks finish with nothing else.
        if let failure { throw failure as! Failure }
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
