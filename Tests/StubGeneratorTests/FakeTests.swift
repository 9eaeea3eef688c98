// The fake of a service, as used by an application's test.
import Freshet
import Testing

@testable import GoldenStubs

@Suite(.timeLimit(.minutes(1))) struct FakeTests {
  @Test func `a fake answers with its closures, each kind of method in its way`() async throws {
    let asking = Golden_Unary_Oracle.Client(inProcess: Golden_Unary_Oracle.Fake(ask: { _, _ in Golden_Unary_Answer() }))
    let answer: Golden_Unary_Answer = try await asking.ask(Golden_Unary_Question())
    #expect(answer == Golden_Unary_Answer())

    let clock = Golden_Imported_Clock.Client(
      inProcess: Golden_Imported_Clock.Fake(
        now: { _, _ in .with { $0.seconds = 7 } },
        ask: { _, _ in MessageStream { yield in for _ in 0..<3 { try await yield(Golden_Unary_Answer()) } } }))
    let now: Google_Protobuf_Timestamp = try await clock.now(Google_Protobuf_Empty())
    #expect(now.seconds == 7)
    var count = 0
    for try await _ in clock.ask(Golden_Unary_Question()) { count += 1 }
    #expect(count == 3)
  }

  @Test func `a missing closure is UNIMPLEMENTED and named, and can be set later`() async throws {
    var fake = Golden_Unary_Oracle.Fake()
    let error = await #expect(throws: RPCError.self) {
      let _: Golden_Unary_Answer = try await Golden_Unary_Oracle.Client(inProcess: fake).ask(Golden_Unary_Question())
    }
    #expect(error?.code == .unimplemented && error?.message.contains("Ask") == true)
    fake.ask = { _, _ in Golden_Unary_Answer() }
    let answer: Golden_Unary_Answer = try await Golden_Unary_Oracle.Client(inProcess: fake).ask(Golden_Unary_Question())
    #expect(answer == Golden_Unary_Answer())
  }
}
