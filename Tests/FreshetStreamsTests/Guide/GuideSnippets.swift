// The code of the article "Streams: a guided tour", verbatim, between markers. GuideTests compares the two.
// swift-format-ignore-file
import FreshetStreams
import TestSupport
import Testing

@Suite("Guide")
struct GuideSnippets {
  private let output = Log<String>()

  @Sendable private func print(_ thing: Any) { output.append("\(thing)") }

  @Test func `A stream is read, and made by a body`() async throws {
    // snippet: read
    let countdown = AsyncGenerator { yield in
      for number in (1...3).reversed() { try await yield(number) }
    }

    for try await number in countdown { print(number) }  // 3, 2, 1
    // end
    #expect(output.values == ["3", "2", "1"])
  }

  @Test func `A body with cleanup`() async throws {
    let log = output
    @Sendable func open() -> String { "file" }
    @Sendable func close(_ file: String) { log.append("closed") }
    // snippet: cleanup
    let lines = AsyncGenerator { yield in
      let file = open()
      defer { close(file) }  // also runs when the reader is gone
      for line in ["one", "two", "three"] { try await yield(line) }
    }

    for try await line in lines where line == "two" { break }
    // end
    while output.values.isEmpty { await Task.yield() }
    #expect(output.values == ["closed"])
  }

  @Test func `Streams that need no task`() async throws {
    // snippet: makers
    let powers = iterate(1) { $0 * 2 }  // 1, 2, 4, 8, …
    let dice = repeatWith { Int.random(in: 1...6) }
    let fibonacci = unfold((0, 1)) { state -> Int? in
      defer { state = (state.1, state.0 + state.1) }
      return state.0 < 100 ? state.0 : nil
    }
    // end
    #expect(try await powers.prefix(4).collect(upTo: 4) == [1, 2, 4, 8])
    #expect(await dice.prefix(5).allSatisfy { 1...6 ~= $0 })
    #expect(try await fibonacci.collect(upTo: 12) == [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89])
  }

  private struct API: Sendable {
    func list(after token: String?) async throws -> (names: [String], next: String?) {
      token == nil ? (["Ada"], "more") : (["Grace"], nil)
    }
  }

  @Test func `Pages as a stream`() async throws {
    let api = API()
    // snippet: paging
    let names = paginate { token in
      let answer = try await api.list(after: token)
      return Page(answer.names, nextToken: answer.next)
    }

    for try await name in names { print(name) }
    for try await name in names.fetchedAhead() { print(name) }  // fetches the next page meanwhile
    // end
    #expect(output.values == ["Ada", "Grace", "Ada", "Grace"])
  }

  @Test func `Where a reader of pages resumes`() async throws {
    let api = API()
    let names = paginate { token in
      let answer = try await api.list(after: token)
      return Page(answer.names, nextToken: answer.next)
    }
    // snippet: resuming
    var reader = names.makeAsyncIterator()
    while let name = try await reader.next() {
      print("\(name), on the page of \(reader.token ?? "the beginning")")
    }
    // end
    #expect(output.values == ["Ada, on the page of the beginning", "Grace, on the page of more"])
  }

  @Test func `Changing a stream`() async throws {
    let readings = iterate(1) { $0 < 6 ? $0 + 1 : nil }
    // snippet: adaptors
    let rising = readings
      .inspect { print($0) }
      .scan(into: 0) { highest, reading in
        highest = max(highest, reading)
        return highest < 5 ? highest : nil  // ends the stream early
      }
    let top = await rising.last()
    // end
    #expect(top == 4)
    #expect(output.values.last == "cancelled")
  }

  @Test func `Concurrency`() async throws {
    @Sendable func fetch(_ address: String) async throws -> String { "page of \(address)" }
    struct Folder: Sendable {
      let name: String
      var files: Once<String> { once("\(name)/file") }
    }
    let addresses = unfold(["a", "b", "c"]) { $0.isEmpty ? nil : $0.removeFirst() }
    let folders = addresses.map { Folder(name: $0) }
    // snippet: concurrency
    let pages = addresses.mapConcurrent(limit: 2) { address in try await fetch(address) }
    for try await page in pages { print(page) }  // in the order of the addresses

    let files = folders.flatMapConcurrent(limit: 8) { folder in folder.files }
    try await files.forEachConcurrent(limit: 4) { file in try await remove(file) }
    // end
    #expect(output.values.prefix(3) == ["page of a", "page of b", "page of c"])
    #expect(Set(output.values.suffix(3)) == ["a/file removed", "b/file removed", "c/file removed"])
  }

  @Sendable private func remove(_ file: String) async throws { output.append("\(file) removed") }

  @Test func `A channel between tasks`() async throws {
    // snippet: channel
    let (sink, orders) = channel(of: String.self, capacity: 8)
    async let kitchen: Void = orders.forEachConcurrent(limit: 2) { order in print("cooking \(order)") }
    try await sink.send("soup")  // waits while eight orders wait
    try await sink.send("bread")
    sink.finish()
    await kitchen
    // end
    #expect(Set(output.values) == ["cooking soup", "cooking bread"])
  }

  @Test func `One stream for many readers`() async throws {
    let feed = iterate(1) { $0 < 3 ? $0 + 1 : nil }
    // snippet: broadcast
    let prices = Broadcast(feed)
    let archive = prices.subscribe(bound: 100)  // slows the feed down rather than missing one
    let display = prices.subscribe(bound: 1, whenFull: .dropOldest { missed in print("missed \(missed)") })

    async let all = archive.collect(upTo: 1000)
    for await price in display { print(price) }
    // end
    #expect(try await all == [1, 2, 3])
    #expect(output.values.last == "3")
  }

  @Test func `A room`() async throws {
    // snippet: hub
    let room = Hub<String>()
    let member = room.subscribeOrDisconnect(bound: 100)  // disconnected when it is a hundred behind
    let screen = room.subscribe(bound: 5, whenFull: .dropOldest { missed in print("missed \(missed)") })

    try await room.publish("hello")
    room.finish()
    for try await line in member { print(line) }
    for await line in screen { print(line) }
    // end
    #expect(output.values == ["hello", "hello"])
  }

  @Test func `The newest value`() async throws {
    // snippet: latest
    let temperature = Latest(20.0)
    async let readings = temperature.values.last()
    temperature.set(21.5)
    temperature.finish()
    print(await readings ?? 0)  // 21.5
    // end
    #expect(output.values == ["21.5"])
  }

  @Test func `Time`() async throws {
    let feed = iterate(1) { $0 < 3 ? $0 + 1 : nil }
    @Sendable func signIn() async throws -> String { "token" }
    @Sendable func subscribe(after last: Int?, token: String) async throws -> AsyncGenerator<Int, any Error> {
      AsyncGenerator { yield in
        if last == 2 { return }
        try await yield((last ?? 0) + 1)
        throw Broken()
      }
    }
    let shutdown = Event()
    // snippet: time
    let steady = feed
      .timeout(each: .seconds(5))
      .retrying(.exponential(first: .milliseconds(100), attempts: 5))
      .prefix(until: { await shutdown.wait() })
    let ticks = repeatWith { ContinuousClock.now }.paced(every: .seconds(1))
    // end
    // snippet: tries
    let prices = retrying(.exponential(first: .milliseconds(100))) { last in
      try await subscribe(after: last, token: signIn())
    }
    // end
    #expect(try await prices.collect(upTo: 2) == [1, 2])
    shutdown.fire()
    _ = try await steady.collect(upTo: 3)
    #expect(await ticks.first() != nil)
  }
}
