// Adaptors without tasks, beyond the laws.
import FreshetStreams
import TestSupport
import Testing

@Suite("Adaptors")
struct AdaptorTests {
  /// The numbers below three.
  private static let numbers = iterate(0) { $0 < 2 ? $0 + 1 : nil }
  private static let broken = AsyncGenerator { yield in
    for number in 0..<2 { try await yield(number) }
    throw Broken()
  }

  @Test func `A peeked element is the next one, and is requested once`() async throws {
    let made = Log<Int>()
    let source = Self.numbers.inspect { if case .element(let number) = $0 { made.append(number) } }
    var iterator = source.peekable().makeAsyncIterator()
    #expect(await iterator.peek() == 0)
    #expect(await iterator.peek() == 0)
    #expect(made.values == [0])
    #expect(await iterator.next() == 0)
    #expect(await iterator.next(if: { $0 > 1 }) == nil)
    #expect(await iterator.next(if: { $0 == 1 }) == 1)
    #expect(await iterator.next() == 2)
    #expect(await iterator.peek() == nil)
    #expect(await iterator.next() == nil)
  }

  @Test func `peek throws an error once`() async throws {
    var iterator = failing(Broken(), of: Int.self).peekable().makeAsyncIterator()
    await #expect(throws: Broken()) { _ = try await iterator.peek() }
    #expect(try await iterator.next() == nil)
  }

  @Test func `A listener gets each element and the outcome: the end, the error, or a dropped consumer`()
    async throws
  {
    let log = Log<String>()
    let listener: @Sendable (Inspection<Int, any Error>) -> Void = { log.append("\($0)") }
    for try await _ in AsyncGenerator(of: Int.self, { yield in try await yield(7) }).inspect(listener) {}
    #expect(log.values == ["element(7)", "end"])
    try? await { for try await _ in Self.broken.inspect(listener) {} }()
    #expect(log.values.suffix(3) == ["element(0)", "element(1)", "failure(TestSupport.Broken(number: 0))"])
    for try await _ in Self.broken.inspect(listener) { break }
    #expect(log.values.suffix(2) == ["element(0)", "cancelled"])
    _ = Self.broken.inspect(listener).makeAsyncIterator()
    #expect(log.values.count == 7, "an unused iterator reports nothing")
    let waiting = Task {
      for try await _ in AsyncGenerator(
        of: Int.self,
        { _ in
          await waitForCancellation()
          try Task.checkCancellation()
        }
      ).inspect(listener) {}
    }
    waiting.cancel()
    _ = await waiting.result
    #expect(log.values.suffix(from: 7) == ["cancelled"])
  }

  @Test func `A scan that ends early requests nothing more`() async throws {
    let made = Log<Int>()
    let source = Self.numbers.inspect { if case .element(let number) = $0 { made.append(number) } }
    let sums = source.scan(into: 10) { sum, number in
      sum += number
      return sum < 11 ? sum : nil
    }
    #expect(try await sums.collect(upTo: 3) == [10])
    #expect(made.values == [0, 1])
  }

  @Test func `A failed stream continues with its replacement, whose own error is not replaced`()
    async throws
  {
    let seen = Log<String>()
    let replaced = Self.broken.recover { error in
      seen.append("\(type(of: error))")
      return failing(Broken(7), of: Int.self)
    }
    var iterator = replaced.makeAsyncIterator()
    #expect(try await iterator.next() == 0)
    #expect(try await iterator.next() == 1)
    await #expect(throws: Broken(7)) { _ = try await iterator.next() }
    #expect(try await iterator.next() == nil)
    #expect(seen.values == ["Broken"])
  }

  @Test(arguments: 1...7)
  func `Chunks become bytes, and bytes chunks of any size`(size: Int) async throws {
    let chunks: [[UInt8]] = [[1, 2, 3], [], [4], [5, 6]]
    let source = unfold(0) { place -> [UInt8]? in
      defer { place += 1 }
      return place < chunks.count ? chunks[place] : nil
    }
    #expect(try await source.bytes().collect(upTo: 6) == [1, 2, 3, 4, 5, 6])
    let back = try await source.bytes().chunks(ofBytes: size).collect(upTo: 6)
    #expect(back.flatMap { $0 } == [1, 2, 3, 4, 5, 6])
    #expect(back.dropLast().allSatisfy { $0.count == size } && back.allSatisfy { !$0.isEmpty })
  }

  @Test func `Bytes before an error are a chunk, then the error is thrown`() async throws {
    var iterator = Self.broken.map { UInt8($0) }.chunks(ofBytes: 5).makeAsyncIterator()
    #expect(try await iterator.next() == [0, 1])
    await #expect(throws: Broken()) { _ = try await iterator.next() }
    #expect(try await iterator.next() == nil)
  }

  @Test func `count, first, last and collect read a stream for one value; first requests one element`() async throws {
    let made = Log<Int>()
    let source = Self.numbers.inspect { if case .element(let number) = $0 { made.append(number) } }
    #expect(await source.first() == 0)
    #expect(made.values == [0])
    #expect(await source.count() == 3)
    #expect(await source.last() == 2)
    #expect(await source.enumerated().last()?.offset == 2)
    #expect(try await source.collect(upTo: 3) == [0, 1, 2])
    let tooMany = await #expect(throws: TooManyElements.self) { _ = try await source.collect(upTo: 2) }
    #expect(tooMany?.bound == 2)
    await #expect(throws: Broken()) { _ = try await Self.broken.collect(upTo: 9) }
    await #expect(throws: TooManyElements.self) { _ = try await Self.broken.collect(upTo: 1) }
  }
}
