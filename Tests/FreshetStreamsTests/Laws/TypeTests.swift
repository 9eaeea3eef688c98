// Static properties of the streams: exact failures, and Sendable if the parts are.
import FreshetStreams
import TestSupport
import Testing

@Suite("Types")
struct TypeTests {
  private typealias Typed = AsyncGenerator<Int, Broken>

  private static let sure = AsyncGenerator(of: Int.self) { _ in }
  private static let typed = Typed { _ throws(Broken) in throw Broken() }
  private static let untyped = AsyncGenerator(of: Int.self) { yield in try await yield(1) }

  /// Compiles if the stream is Sendable and fails with exactly this type.
  private func check<S: AsyncSequence & Sendable, Failure: Error>(_: S, _: Failure.Type) where S.Failure == Failure {}

  @Test func `6 Typed, 7 Sendable: makers`() {
    check(Self.sure, Never.self)
    check(Self.untyped, (any Error).self)
    check(Self.typed, Broken.self)
    check(unfold(1) { (_: inout Int) -> Int? in nil }, Never.self)
    check(unfold(1) { (_: inout Int) async throws -> Int? in throw Broken() }, (any Error).self)
    check(unfold(1) { (_: inout Int) async throws(Broken) -> Int? in throw Broken() }, Broken.self)
    check(paginate { (_: Int?) in Page([1], nextToken: nil) }, Never.self)
    check(paginate { (_: Int?) async throws(Broken) -> Page<Int, Int> in throw Broken() }, Broken.self)
    check(paginate { (_: Int?) in Page([1], nextToken: nil) }.pages, Never.self)
    check(paginate { (_: Int?) async throws(Broken) -> Page<Int, Int> in throw Broken() }.fetchedAhead(), Broken.self)
    check(repeatWith { 1 }, Never.self)
    check(repeatWith { () async throws(Broken) -> Int in throw Broken() }, Broken.self)
    check(iterate(1) { $0 * 2 }, Never.self)
    check(iterate(1) { (_: Int) async throws(Broken) -> Int? in throw Broken() }, Broken.self)
    check(once(1), Never.self)
    check(empty(of: Int.self), Never.self)
    check(never(of: Int.self), Never.self)
    check(failing(Broken(), of: Int.self), Broken.self)
    check(channel(of: Int.self, capacity: 1).stream, Never.self)
    check(channel(of: Int.self, failing: Broken.self, capacity: 1).stream, Broken.self)
    check(Broadcast(Self.typed).subscribe(), Broken.self)
    check(Broadcast(Self.sure).subscribeOrDisconnect(), SubscriberTooSlow.self)
    check(Broadcast(Self.typed).subscribeOrDisconnect(), (any Error).self)
    check(Hub<Int>().subscribe(whenFull: .wait), Never.self)
    check(Hub<Int>().subscribeOrDisconnect(), SubscriberTooSlow.self)
    check(Latest(1).values, Never.self)
  }

  @Test func `6 Typed, 7 Sendable: adaptors without a failure of their own have the sequence's`() {
    func each<F: Error>(_ base: AsyncGenerator<Int, F>) {
      check(base.fused(), F.self)
      check(base.enumerated(), F.self)
      check(base.peekable(), F.self)
      check(base.inspect { _ in }, F.self)
      check(base.paced(every: .seconds(1)), F.self)
      check(base.retrying(.constant(.zero, attempts: 1)), F.self)
      check(base.prefix(until: {}), F.self)
      check(base.readyChunks(max: 2), F.self)
      check(base.scan(into: 0) { _, number in number }, F.self)
      check(base.mapConcurrent(limit: 2) { $0 }, F.self)
      check(base.recover { _ in once(1) }, Never.self)
      check(base.recover { _ in failing(Broken(), of: Int.self) }, Broken.self)
    }
    each(Self.sure)
    each(Self.typed)
    each(Self.untyped)
    check(Self.typed.retrying(.constant(.zero, attempts: 1)) { _ throws(Broken) in true }, Broken.self)
    check(Self.typed.retrying(.constant(.zero, attempts: 1)) { _ throws in true }, (any Error).self)
    check(retrying(.constant(.zero, attempts: 1)) { (_: Int?) in Self.sure }, (any Error).self)
    check(once([UInt8(1)]).bytes(), Never.self)
    check(failing(Broken(), of: UInt8.self).chunks(ofBytes: 2), Broken.self)
  }

  @Test
  func `6 Typed: a closure's failure is exact, and so is the same one twice; two different ones are any Error`() {
    @Sendable func broken(_ number: Int) async throws(Broken) -> Int { throw Broken() }
    @Sendable func any(_ number: Int) async throws -> Int { throw Broken() }
    check(Self.sure.mapConcurrent(limit: 2, broken), Broken.self)
    check(Self.typed.mapConcurrent(limit: 2, broken), Broken.self)
    check(Self.sure.mapConcurrent(limit: 2, any), (any Error).self)
    check(Self.typed.mapConcurrent(limit: 2, any), (any Error).self)
    check(Self.untyped.mapConcurrent(limit: 2, any), (any Error).self)
    check(Self.sure.scan(into: 0) { (_, number) async throws(Broken) -> Int? in throw Broken() }, Broken.self)
    check(Self.typed.scan(into: 0) { _, number in try await any(number) }, (any Error).self)
    check(Self.sure.flatMapConcurrent(limit: 2) { _ in Self.typed }, Broken.self)
    check(Self.typed.flatMapConcurrent(limit: 2) { _ in Self.typed }, Broken.self)
    check(Self.typed.flatMapConcurrent(limit: 2) { _ in Self.sure }, (any Error).self)
    check(once(Self.typed).mergeAll(), Broken.self)
    check(mergeAll([Self.typed]), Broken.self)
    check(Self.sure.timeout(each: .seconds(1)), TimeoutError.self)
    check(Self.typed.timeout(each: .seconds(1)), (any Error).self)
    check(Self.sure.deadline(.now), TimeoutError.self)
    check(Self.typed.deadline(.now), (any Error).self)
  }

  @Test func `6 Typed: reading a whole sequence throws exactly its failure`() async throws(Broken) {
    #expect(await Self.sure.count() == 0)
    #expect(await Self.sure.first() == nil)
    #expect(await Self.sure.last() == nil)
    await Self.sure.forward(to: Latest(0))
    await Self.sure.forEachConcurrent(limit: 1) { _ in }
    do throws(TooManyElements) { #expect(try await once(1).collect(upTo: 0) == [1]) } catch {
      #expect(error.bound == 0)
    }
    do throws(Broken) { _ = try await Self.typed.count() } catch { #expect(error == Broken()) }
    do throws(Broken) { try await Self.typed.forEachConcurrent(limit: 1) { _ in } } catch { #expect(error == Broken()) }
  }
}
