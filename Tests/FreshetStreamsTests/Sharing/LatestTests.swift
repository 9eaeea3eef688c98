// What readers of a changing value see.
import FreshetStreams
import TestSupport
import Testing

@Suite("Latest")
struct LatestTests {
  @Test func `A reader sees the current value, then the newest that it has not seen, and none twice`() async {
    let executor = RandomOrderExecutor()
    let latest = Latest(1)
    let received = Log<Int>()
    var reader = latest.values.makeAsyncIterator()
    #expect(await reader.next() == 1)
    for number in 2...5 { latest.set(number) }
    #expect(await reader.next() == 5)
    let waiting = Task(executorPreference: executor) { [reader] in
      var reader = reader
      while let value = await reader.next(isolation: #isolation) { received.append(value) }
    }
    executor.drain()
    #expect(received.values.isEmpty)
    latest.update { $0 += 1 }
    executor.drain()
    #expect(received.values == [6])
    latest.finish()
    executor.drain()
    await waiting.value
    latest.set(7)
    #expect(latest.value == 6)
  }

  @Test func `Each iterator is a reader of its own, and sees the newest value before the end`() async throws {
    let latest = Latest("a")
    var early = latest.values.makeAsyncIterator()
    #expect(await early.next() == "a")
    latest.set("b")
    latest.finish()
    #expect(await early.next() == "b")
    #expect(await early.next() == nil)
    #expect(try await latest.values.collect(upTo: 1) == ["b"])
  }

  @Test func `Two tasks may wait for one reader`() async {
    let executor = RandomOrderExecutor()
    let latest = Latest(1)
    var reader = latest.values.makeAsyncIterator()
    #expect(await reader.next() == 1)
    let waiting = (0..<2).map { _ in
      Task(executorPreference: executor) { [reader] in
        var reader = reader
        return await reader.next(isolation: #isolation)
      }
    }
    executor.drain()
    latest.set(2)
    executor.drain()
    for task in waiting { #expect(await task.value == 2) }
  }

  @Test func `When the holder is released, its streams end with the newest value`() async throws {
    func values() -> LatestStream<Int> { Latest(3).values }
    #expect(try await values().collect(upTo: 1) == [3])
  }

  @Test func `Concurrent changes are all made, and every reader ends with the last`() async {
    let latest = Latest(0)
    async let last: Int? = latest.values.last()
    await withTaskGroup { group in
      for _ in 0..<8 { group.addTask { for _ in 0..<100 { latest.update { $0 += 1 } } } }
    }
    latest.finish()
    #expect(await last == 800)
  }
}
