// A reader's view of a changing value.

/// The values of a ``Latest``, without those that were replaced before they were requested.
public struct LatestStream<Element: Sendable>: AsyncSequence, Sendable {
  public typealias Failure = Never

  let core: LatestCore<Element>

  /// A new reader, whose first value is the newest one when requested.
  public func makeAsyncIterator() -> Iterator { Iterator(core: core, id: core.join()) }

  /// Remembers which value it returned last. Copies are the same reader; used by one task at a time.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    private var core: LatestCore<Element>?
    private let id: Int
    private var known = 0

    fileprivate init(core: LatestCore<Element>, id: Int) {
      self.core = core
      self.id = id
    }

    /// The newest value, once there is one that this reader has not seen; `nil` when there will be none.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
      guard let (value, version) = await core?.next(id, after: known) else {
        core = nil
        return nil
      }
      known = version
      return value
    }

    /// The newest value, once there is one that this reader has not seen; `nil` when there will be none.
    public mutating func next() async -> Element? { await next(isolation: #isolation) }
  }
}
