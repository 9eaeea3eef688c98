// The fields and the description of an error, and its size.
import FreshetCore
import Testing

@Suite("RPCError")
struct RPCErrorTests {
  private struct Unplugged: Error, CustomStringConvertible {
    var description: String { "the cable is out" }
  }

  @Test func `An error fits the four words that a typed throw returns in registers`() {
    #expect(MemoryLayout<RPCError>.size <= 4 * MemoryLayout<Int>.size)
  }

  @Test func `A plain error is local and carries neither details, metadata nor a cause`() {
    let error = RPCError(code: .notFound, message: "no such word")
    #expect(error.origin == .local)
    #expect(error.details == nil && error.metadata.isEmpty && error.cause == nil)
    #expect(error.status == Status(code: .notFound, message: "no such word"))
  }

  @Test func `Rare fields can be set, read and changed one by one, without changing a copy`() {
    let original = RPCError(
      code: .aborted, message: "", details: [1, 2], metadata: ["a": "b"], cause: Unplugged(), origin: .peer)
    var changed = original
    changed.details = [3]
    changed.metadata.add("c", for: "a")
    #expect(original.details == [1, 2] && original.metadata.strings(for: "a") == ["b"])
    #expect(changed.details == [3] && changed.metadata.strings(for: "a") == ["b", "c"])
    #expect(changed.cause is Unplugged)
    changed.cause = nil
    #expect(changed.cause == nil && changed.details == [3])
  }

  @Test
  func `The description names the code, the message, the origin, and the cause unless the message contains it`() {
    #expect("\(RPCError(code: .internal, message: ""))" == "INTERNAL")
    let lost = RPCError(code: .unavailable, message: "the connection was lost", cause: Unplugged())
    #expect("\(lost)" == "UNAVAILABLE: the connection was lost (cause: the cable is out)")
    let told = RPCError(code: .unavailable, message: "cannot connect: the cable is out", cause: Unplugged())
    #expect("\(told)" == "UNAVAILABLE: cannot connect: the cable is out")
    #expect("\(RPCError(code: .aborted, message: "no", origin: .peer))" == "ABORTED: no (from the peer)")
  }

  @Test func `The message is the peer's unaltered text, the description one line that is safe for a terminal`() {
    struct Odd: Error, CustomStringConvertible { let description = "odd\u{1b}]0;title\u{7}" }
    let text = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n\u{1b}[2J"
    let error = RPCError(code: .unknown, message: text, cause: Odd(), origin: .peer)
    #expect(error.message == text && error.status.message == text)
    let line = #"UNKNOWN: \x09\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\x09\n\x1b[2J"#
    #expect("\(error)" == line + #" (from the peer) (cause: odd\x1b]0;title\x07)"#)
    #expect("\(error.status)" == line)
    #expect("\([error as any Error])" == "[\(error)]" && String(reflecting: error) == "\(error)")
    #expect(
      "\(RPCError(code: .unknown, message: String(repeating: "x", count: 1 << 20), origin: .peer))".utf8.count < 5_000)
  }

  @Test func `The description shows no metadata and no details, which may hold secrets`() {
    let error = RPCError(code: .aborted, message: "no", details: [104, 117], metadata: ["authorization": "hunter2"])
    #expect("\(error)" == "ABORTED: no")
  }
}
