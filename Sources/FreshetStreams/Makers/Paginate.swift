// Pages that are fetched one after another, read as one stream of their elements.

/// A part of a longer list, with the token that requests the next part.
public struct Page<Element, Token> {
  /// May be empty, which does not mean that there are no further pages.
  public var elements: [Element]
  /// Fetches the next page; nil after the last one.
  public var nextToken: Token?

  /// - Parameter nextToken: nil for the last page.
  public init(_ elements: [Element], nextToken: Token?) {
    self.elements = elements
    self.nextToken = nextToken
  }

  /// - Parameter nextToken: nil or empty for the last page, as most web APIs write it.
  public init(_ elements: [Element], nextToken: Token?) where Token: Collection {
    self.elements = elements
    self.nextToken = if let nextToken, !nextToken.isEmpty { nextToken } else { nil }
  }
}

extension Page: Sendable where Element: Sendable, Token: Sendable {}

/// A sequence of the elements of all pages, each of which is fetched when the previous one has been drained.
///
/// ```swift
/// let names = paginate { token in
///   let answer = try await api.list(after: token)
///   return Page(answer.names, nextToken: answer.continuation)
/// }
/// for try await name in names { print(name) }
/// ```
///
/// The closure runs in the consumer's task and is cancelled with it. Each iteration begins at `token` again. An error
/// ends the stream and is thrown once; the iterator's token tells where to resume.
///
/// - Parameters:
///   - token: where to begin; nil for the first page.
///   - fetch: returns the page for a token; called with `token` first, then with each page's own.
public func paginate<Element, Token, Failure: Error>(
  from token: Token? = nil, _ fetch: @escaping Paginated<Element, Token, Failure>.Fetch
) -> Paginated<Element, Token, Failure> {
  Paginated(start: token, fetch: fetch)
}

/// The sequence returned by ``paginate(from:_:)``.
public struct Paginated<Element, Token, Failure: Error>: AsyncSequence {
  /// Returns the page for a token; nil for the first.
  public typealias Fetch = @Sendable (Token?) async throws(Failure) -> Page<Element, Token>

  let start: Token?
  fileprivate let fetch: Fetch

  /// The same, page by page: to process whole pages, or to keep their tokens.
  public var pages: Pages { Pages(start: start, fetch: fetch) }

  public func makeAsyncIterator() -> Iterator { Iterator(pages: pages.makeAsyncIterator()) }

  /// Drains one page after another.
  public struct Iterator: AsyncIteratorProtocol {
    private var pages: Pages.Iterator
    private var elements: [Element] = []
    private var next = 0

    fileprivate init(pages: Pages.Iterator) { self.pages = pages }

    /// The token that the current page was fetched with, or before the first `next()` the initial one: a stream that
    /// begins there returns this page again.
    public var token: Token? { pages.token }

    /// The next element; nil after the last one of the last page.
    ///
    /// - Throws: the closure's error, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      while next == elements.count {
        elements = []
        next = 0
        guard let page = try await pages.next(isolation: actor) else { return nil }
        elements = page.elements
      }
      defer { next += 1 }
      return elements[next]
    }

    /// The next element; nil after the last one of the last page.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }
}

extension Paginated {
  /// Whole pages, each fetched on request.
  public struct Pages: AsyncSequence {
    public typealias Element = Page<Paginated.Element, Token>

    fileprivate let start: Token?
    fileprivate let fetch: Fetch

    public func makeAsyncIterator() -> Iterator { Iterator(start: start, fetch: fetch) }

    /// Fetches one page after another.
    public struct Iterator: AsyncIteratorProtocol {
      private enum State {
        // “Not begun” and “ended” both have no token; representing both as nil would make an empty stream.
        case start, next(Token), ended
      }

      private var state = State.start
      private let fetch: Fetch
      /// The token that the latest page was fetched with, even if that failed, or before the first `next()` the initial
      /// one.
      public private(set) var token: Token?

      fileprivate init(start: Token?, fetch: @escaping Fetch) {
        token = start
        self.fetch = fetch
      }

      /// The next page; nil after the last one.
      ///
      /// - Throws: the closure's error, once.
      public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
        switch state {
        case .start: break
        case .next(let next): token = next
        case .ended: return nil
        }
        state = .ended  // unless the page has a next one
        let page = try await fetch(token)
        if let next = page.nextToken { state = .next(next) }
        return page
      }

      /// The next page; nil after the last one.
      public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
    }
  }
}

extension Paginated: Sendable where Token: Sendable {}
extension Paginated.Pages: Sendable where Token: Sendable {}
