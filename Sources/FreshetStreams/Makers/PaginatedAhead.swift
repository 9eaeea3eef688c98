// Pages of which the next one is fetched while the current one is drained.

extension Paginated where Element: Sendable, Token: Sendable {
  /// The same elements, with one page fetched ahead: while a page is drained, the next one is being fetched.
  ///
  /// Laws, in addition to those of ``AsyncGenerator``, which runs it: the first page is fetched at the first `next()`,
  /// and never more than one page beyond the current one. A page's error is thrown when the previous page is drained.
  public func fetchedAhead() -> PaginatedAhead<Element, Token, Failure> { PaginatedAhead(pages: pages, start: start) }
}

/// The sequence returned by ``Paginated/fetchedAhead()``.
public struct PaginatedAhead<Element: Sendable, Token: Sendable, Failure: Error>: AsyncSequence, Sendable {
  /// The same, page by page.
  public let pages: AsyncGenerator<Page<Element, Token>, Failure>
  private let start: Token?

  init(pages: Paginated<Element, Token, Failure>.Pages, start: Token?) {
    self.start = start
    self.pages = AsyncGenerator { (yield: Yield<Page<Element, Token>>) async throws(Failure) in
      let failure = await withTaskGroup { group in
        // At capacity 0 a page waits in `send`, and the one after it is not requested.
        let (sink, stream) = channel(of: Page<Element, Token>.self, failing: Failure.self, capacity: 0)
        group.addTask { await pages.sendAll(to: sink) }
        let failure = await stream.yieldAll(to: yield)
        group.cancelAll()
        return failure
      }
      if let failure { throw failure }
    }
  }

  public func makeAsyncIterator() -> Iterator { Iterator(pages: pages.makeAsyncIterator(), following: start) }

  /// Drains one page after another.
  public struct Iterator: AsyncIteratorProtocol {
    private var pages: AsyncGenerator<Page<Element, Token>, Failure>.Iterator
    private var elements: [Element] = []
    private var next = 0
    private var following: Token?

    /// The token that the current page was fetched with, even if that failed, or before the first `next()` the initial
    /// one: a stream that begins there returns this page again.
    public private(set) var token: Token?

    fileprivate init(pages: AsyncGenerator<Page<Element, Token>, Failure>.Iterator, following: Token?) {
      self.pages = pages
      self.following = following
      token = following
    }

    /// The next element; nil after the last one of the last page.
    ///
    /// - Throws: the closure's error, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      while next == elements.count {
        elements = []
        next = 0
        do throws(Failure) {
          guard let page = try await pages.next(isolation: actor) else { return nil }
          token = following
          following = page.nextToken
          elements = page.elements
        } catch {
          token = following
          throw error
        }
      }
      defer { next += 1 }
      return elements[next]
    }

    /// The next element; nil after the last one of the last page.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}
