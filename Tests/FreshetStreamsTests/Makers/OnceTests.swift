// One element, for each iterator.
import FreshetStreams
import Testing

@Suite("Once")
struct OnceTests {
  @Test func `Each iterator has the element once, without a throwing next()`() async {
    let stream = once("x")
    for _ in 0..<2 {
      var iterator = stream.makeAsyncIterator()
      #expect(await iterator.next() == "x")
      #expect(await iterator.next() == nil)
    }
  }

  @Test func `A nil element is an element`() async {
    var count = 0
    for await element in once(Int?.none) {
      #expect(element == nil)
      count += 1
    }
    #expect(count == 1)
  }
}
