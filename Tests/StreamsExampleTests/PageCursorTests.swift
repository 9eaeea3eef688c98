// The three states of reading pages, and the mistake of having only two.
import Freshet
import FreshetStreams
import Testing

@testable import streams

@Suite struct PageCursorTests {
  @Test(arguments: [PageCursor.start, .next(token: "a")])
  func `A token leads to the next page`(_ cursor: PageCursor) {
    var cursor = cursor
    cursor.receivePage(nextToken: "b")
    #expect(cursor == .next(token: "b"))
  }

  @Test(arguments: [PageCursor.start, .next(token: "a")], [nil, ""])
  func `A page without a token, or with an empty one, is the last`(_ cursor: PageCursor, _ token: String?) {
    var cursor = cursor
    cursor.receivePage(nextToken: token)
    #expect(cursor == .end)
  }

  @Test func `One optional token as the state is an empty stream: it says 'ended' before the first page`() async {
    let pages = ["": "a", "a": ""]
    let broken = unfold(String?.none) { token -> String? in
      guard let current = token else { return nil }
      token = pages[current].flatMap { $0.isEmpty ? nil : $0 }
      return current
    }
    var count = 0
    for await _ in broken { count += 1 }
    #expect(count == 0)
  }
}
