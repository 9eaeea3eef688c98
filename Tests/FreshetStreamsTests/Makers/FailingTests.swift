// One error, for each iterator.
import FreshetStreams
import TestSupport
import Testing

@Suite("Failing")
struct FailingTests {
  @Test func `The error is thrown typed, once for each iterator`() async throws {
    let stream = failing(Broken(3), of: String.self)
    for _ in 0..<2 {
      var iterator = stream.makeAsyncIterator()
      do throws(Broken) {
        _ = try await iterator.next()
        Issue.record("nothing was thrown")
      } catch { #expect(error == Broken(3)) }
      #expect(try await iterator.next() == nil)
    }
  }
}
