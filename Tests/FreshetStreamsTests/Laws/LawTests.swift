// The seven laws of streams, each checked on every maker.
import FreshetStreams
import TestSupport
import Testing

@Suite("Laws")
struct LawTests {
  @Test("1 Cold: nothing runs before the first next()", arguments: Specimen.all)
  func cold(specimen: Specimen) async throws {
    let probe = Probe()
    let next = specimen.make(probe)()
    await Task.yield()
    #expect(probe.starts.values.isEmpty && probe.made.values.isEmpty)
    _ = try? await next()
    #expect(probe.starts.values.count == (specimen.elements.count == 3 ? 1 : 0))
  }

  @Test("1 Cold: each iterator starts anew, also while another is at work", arguments: Specimen.all)
  func iteratorsAreIndependent(specimen: Specimen) async throws {
    let makeIterator = specimen.make(Probe())
    let (first, second) = (makeIterator(), makeIterator())
    for element in specimen.elements {
      #expect(try await first() == element)
      #expect(try await second() == element)
    }
  }

  @Test("2 Pull: an element is made when it is asked for, and no other before", arguments: Specimen.all)
  func pull(specimen: Specimen) async throws {
    let probe = Probe()
    let executor = RandomOrderExecutor()
    let turns = specimen.elements.map { _ in Event() }
    let task = Task(executorPreference: executor) {
      let next = specimen.make(probe)()
      for turn in turns {
        await turn.wait()
        _ = try await next()
      }
    }
    for (index, turn) in turns.enumerated() {
      executor.drain()
      #expect(probe.made.values == Array(specimen.elements.prefix(index)) || specimen.elements == [7])
      turn.fire()
    }
    executor.drain()
    try await task.value
  }

  @Test("3 Fused: after the end next() gives nil for ever, and an error is thrown once", arguments: Specimen.all)
  func fused(specimen: Specimen) async throws {
    let next = specimen.make(Probe())()
    for element in specimen.elements { #expect(try await next() == element) }
    if let failure = specimen.failure { await #expect(throws: failure) { _ = try await next() } }
    for _ in 0..<3 { #expect(try await next() == nil) }
  }

  @Test("4 Cancelled: an iterator that goes away ends its body, whose defers run", arguments: Specimen.withTask)
  func droppedIterator(specimen: Specimen) async throws {
    for taken in 1...3 {
      let probe = Probe()
      do {
        let next = specimen.make(probe)()
        for _ in 0..<taken { _ = try await next() }
      }
      await probe.gone.wait()
      #expect(probe.made.values.count == taken && probe.ends.values.count == 1)
    }
  }

  @Test("4 Cancelled: an iterator that never asked leaves nothing", arguments: Specimen.all)
  func droppedUnasked(specimen: Specimen) async throws {
    let probe = Probe()
    do { _ = specimen.make(probe)() }
    await Task.yield()
    #expect(probe.starts.values.isEmpty)
  }

  @Test("4 Cancelled: what the body captured is freed with the iterator", arguments: [0, 1, 2, 3, 4])
  func nothingIsLeft(taken: Int) async throws {
    final class Token: Sendable {}
    let executor = RandomOrderExecutor()
    weak var token: Token?
    let task = Task(executorPreference: executor) { [live = Token()] in
      let generator = AsyncGenerator { yield in
        for number in 0..<3 { try await yield((number, live)) }
      }
      var iterator = generator.makeAsyncIterator()
      for _ in 0..<taken { _ = try await iterator.next(isolation: #isolation) }
      return Weak(live)
    }
    executor.drain()
    token = try await task.value.object as? Token
    #expect(token == nil)
  }

  /// Carries a weak reference out of a task.
  private final class Weak: @unchecked Sendable {
    // SAFETY: written in init alone; reading a weak reference is atomic.
    private(set) weak var object: AnyObject?

    init(_ object: AnyObject) { self.object = object }
  }

  @Test("7 Sendable: streams of Sendable parts are Sendable, and failures are exact")
  func typesAreExact() {
    func check<S: AsyncSequence & Sendable, Failure: Error>(_: S, _: Failure.Type) where S.Failure == Failure {}
    check(AsyncGenerator(of: Int.self) { _ in }, Never.self)
    check(AsyncGenerator(of: Int.self) { yield in try await yield(1) }, (any Error).self)
    check(AsyncGenerator(of: Int.self) { _ throws(Broken) in throw Broken() }, Broken.self)
    check(unfold(1) { (_: inout Int) -> Int? in nil }, Never.self)
    check(unfold(1) { (_: inout Int) async throws -> Int? in throw Broken() }, (any Error).self)
    check(unfold(1) { (_: inout Int) async throws(Broken) -> Int? in throw Broken() }, Broken.self)
    check(paginate { (_: Int?) in Page([1], nextToken: nil) }, Never.self)
    check(paginate { (_: Int?) async throws(Broken) -> Page<Int, Int> in throw Broken() }, Broken.self)
    check(paginate { (_: Int?) in Page([1], nextToken: nil) }.pages, Never.self)
    check(once(1), Never.self)
    check(failing(Broken(), of: Int.self), Broken.self)
  }
}
