// Pages as one stream: paginate, beyond the laws.
import FreshetStreams
import TestSupport
import Testing

@Suite("Paginate")
struct PaginateTests {
  /// Five pages of numbers: the token is the next page's first number, the third page is empty.
  private static let pages: [Int: Page<Int, Int>] = [
    0: Page([1, 2], nextToken: 2), 2: Page([3], nextToken: 3), 3: Page([], nextToken: 4),
    4: Page([4, 5], nextToken: 6),
    6: Page([6], nextToken: nil),
  ]

  private func numbers(from token: Int? = nil, _ asked: Log<Int> = Log()) -> Paginated<Int, Int, Broken> {
    paginate(from: token) { token throws(Broken) in
      asked.append(token ?? 0)
      guard let page = Self.pages[token ?? 0] else { throw Broken() }
      return page
    }
  }

  @Test func `All elements come in order, also after an empty page, and each iteration starts anew`() async throws {
    let asked = Log<Int>()
    let numbers = numbers(asked)
    for _ in 0..<2 {
      var seen: [Int] = []
      for try await number in numbers { seen.append(number) }
      #expect(seen == [1, 2, 3, 4, 5, 6])
    }
    #expect(asked.values == [0, 2, 3, 4, 6, 0, 2, 3, 4, 6])
  }

  @Test func `A page is fetched when the previous one is drained, not sooner`() async throws {
    let asked = Log<Int>()
    var iterator = numbers(asked).makeAsyncIterator()
    #expect(asked.values.isEmpty && iterator.token == nil)
    for (element, pages) in [(1, [0]), (2, [0]), (3, [0, 2]), (4, [0, 2, 3, 4])] {
      #expect(try await iterator.next() == element)
      #expect(asked.values == pages)
    }
    #expect(iterator.token == 4)
  }

  @Test(arguments: [2, 3, 4, 6])
  func `A stream resumes where another one was`(token: Int) async throws {
    var seen: [Int] = []
    for try await number in numbers(from: token) { seen.append(number) }
    #expect(seen == Array((token == 2 ? 3 : token == 6 ? 6 : 4)...6))
  }

  @Test func `Whole pages come with their tokens, including the empty one`() async throws {
    var seen: [[Int]] = []
    var tokens: [Int?] = []
    for try await page in numbers().pages {
      seen.append(page.elements)
      tokens.append(page.nextToken)
    }
    #expect(seen == [[1, 2], [3], [], [4, 5], [6]])
    #expect(tokens == [2, 3, 4, 6, nil])
  }

  @Test func `An error is thrown once, nothing is fetched after it, and the token identifies the page`()
    async throws
  {
    let asked = Log<Int>()
    var iterator = numbers(from: 5, asked).makeAsyncIterator()
    await #expect(throws: Broken()) { _ = try await iterator.next() }
    #expect(try await iterator.next() == nil)
    #expect(asked.values == [5])
    #expect(iterator.token == 5)
  }

  @Test(arguments: ["", nil])
  func `An empty token is the end, like a missing one`(last: String?) async throws {
    let letters = paginate { (token: String?) in
      token == nil ? Page(["a"], nextToken: "more") : Page(["b"], nextToken: last)
    }
    var seen: [String] = []
    for await letter in letters { seen.append(letter) }
    #expect(seen == ["a", "b"])
  }

  @Test func `A page of a million elements is drained in linear time`() async {
    let all = paginate { (_: Int?) in Page(Array(0..<1_000_000), nextToken: nil) }
    var sum = 0
    for await number in all { sum += number }
    #expect(sum == 499_999_500_000)
  }
}
