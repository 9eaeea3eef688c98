// What an error holds, what it says, and that it stays small.
import FreshetCore
import Testing

@Suite("RPCError")
struct RPCErrorTests {
  private struct Unplugged: Error, CustomStringConvertible {
    var description: String { "the cable is out" }
  }

  @Test("An error fits the four words that a typed throw returns in registers")
  func errorIsSmall() {
    #expect(MemoryLayout<RPCError>.size <= 4 * MemoryLayout<Int>.size)
  }

  @Test("A plain error is local and carries neither details, metadata nor a cause")
  func plainErrorIsEmpty() {
    let error = RPCError(code: .notFound, message: "no such word")
    #expect(error.origin == .local)
    #expect(error.details == nil && error.metadata.isEmpty && error.cause == nil)
    #expect(error.status == Status(code: .notFound, message: "no such word"))
  }

  @Test("What is rare can be given, read and changed one by one, without changing a copy")
  func rarePartsCanBeChanged() {
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

  @Test("The description names the code, the message, the origin, and the cause where the message does not tell it")
  func descriptionTellsAll() {
    #expect("\(RPCError(code: .internal, message: ""))" == "INTERNAL")
    let lost = RPCError(code: .unavailable, message: "the connection was lost", cause: Unplugged())
    #expect("\(lost)" == "UNAVAILABLE: the connection was lost (cause: the cable is out)")
    let told = RPCError(code: .unavailable, message: "cannot connect: the cable is out", cause: Unplugged())
    #expect("\(told)" == "UNAVAILABLE: cannot connect: the cable is out")
    #expect("\(RPCError(code: .aborted, message: "no", origin: .peer))" == "ABORTED: no (from the peer)")
  }
}
