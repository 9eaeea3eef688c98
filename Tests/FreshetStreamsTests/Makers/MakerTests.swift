// The small makers, beyond the laws.
import FreshetStreams
import TestSupport
import Testing

@Suite("Makers")
struct MakerTests {
  @Test func `repeatWith continues until its error, and is not called after it`() async throws {
    let calls = Log<Void>()
    var iterator = repeatWith { () async throws(Broken) -> Int in
      calls.append(())
      if calls.values.count > 3 { throw Broken() }
      return calls.values.count
    }.makeAsyncIterator()
    for number in 1...3 { #expect(try await iterator.next() == number) }
    for _ in 0..<2 {
      let element = try? await iterator.next()
      #expect(element == nil)
    }
    #expect(calls.values.count == 4)
  }

  @Test func `iterate makes an element from the previous one, only on demand`() async {
    let calls = Log<Int>()
    var iterator = iterate(1) { (last: Int) -> Int? in
      calls.append(last)
      return last < 4 ? last * 2 : nil
    }.makeAsyncIterator()
    for (element, called) in [(1, []), (2, [1]), (4, [1, 2])] {
      #expect(await iterator.next() == element)
      #expect(calls.values == called)
    }
    for _ in 0..<2 { #expect(await iterator.next() == nil) }
    #expect(calls.values == [1, 2, 4])
  }

  @Test func `never ends when its task is cancelled, and stays ended`() async {
    let task = Task {
      var iterator = FreshetStreams.never(of: Int.self).makeAsyncIterator()
      return [await iterator.next(), await iterator.next()]
    }
    task.cancel()
    #expect(await task.value == [nil, nil])
  }

  @Test func `Pages ahead: one is fetched while another is drained, and never two`() async throws {
    let executor = RandomOrderExecutor()
    let (fetched, turns, received) = (Log<Int>(), (0..<6).map { _ in Event() }, Log<Int>())
    let pages = paginate { (token: Int?) in
      let page = token ?? 0
      fetched.append(page)
      return Page([2 * page, 2 * page + 1], nextToken: page < 2 ? page + 1 : nil)
    }.fetchedAhead()
    Task(executorPreference: executor) {
      var iterator = pages.makeAsyncIterator()
      for turn in turns {
        await turn.wait()
        guard let number = await iterator.next(isolation: #isolation) else { return }
        received.append(number)
        #expect(iterator.token == (number < 2 ? nil : number / 2))
      }
    }
    executor.drain()
    #expect(fetched.values.isEmpty)
    for (turn, known) in zip(turns, [2, 2, 3, 3, 3, 3]) {
      turn.fire()
      executor.drain()
      #expect(fetched.values == Array(0..<known))
    }
    #expect(received.values == [0, 1, 2, 3, 4, 5])
  }

  @Test func `Pages ahead: a page's error comes after the previous page, and its token is known`()
    async throws
  {
    var iterator = paginate { (token: Int?) async throws(Broken) -> Page<Int, Int> in
      if token != nil { throw Broken() }
      return Page([1], nextToken: 9)
    }.fetchedAhead().makeAsyncIterator()
    #expect(try await iterator.next() == 1)
    #expect(iterator.token == nil)
    await #expect(throws: Broken()) { _ = try await iterator.next() }
    #expect(iterator.token == 9)
    #expect(try await iterator.next() == nil)
  }
}
