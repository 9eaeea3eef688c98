import FreshetHTTP
import NIOCore
import Testing

@testable import FreshetWeb

@Suite struct PermitsTests {
  private let message = ByteBuffer(string: "abc")

  private func take(_ count: Int, _ permits: inout Permits) -> Int {
    (0..<count).count { _ in permits.take() }
  }

  /// All withheld messages that are permitted.
  private func released(_ permits: inout Permits) -> [ByteBuffer] {
    var all: [ByteBuffer] = []
    while let next = permits.next() { all.append(next) }
    return all
  }

  @Test func `W94: until the first credit everything is permitted`() {
    var permits = Permits()
    #expect(take(10, &permits) == 10)
    let waits = permits.withholds(end: [:])
    #expect(!waits)
  }

  @Test func `W94: at zero messages wait, and go out in their order`() {
    var permits = Permits()
    permits.add(1)
    #expect(take(2, &permits) == 1)
    permits.withhold(message)
    permits.withhold(ByteBuffer(string: "de"))
    #expect(permits.withheldBytes == 5 && released(&permits).isEmpty)
    permits.add(1)
    #expect(take(1, &permits) == 0, "a message may not pass those that wait")
    #expect(released(&permits) == [message] && permits.withheldBytes == 2)
    permits.add(3)
    #expect(released(&permits) == [ByteBuffer(string: "de")])
    #expect(take(3, &permits) == 2)
  }

  @Test func `W94: the end waits for messages, and goes out without a credit`() {
    var permits = Permits()
    permits.add(1)
    #expect(take(1, &permits) == 1)
    let waitsForNothing = permits.withholds(end: ["a": "b"])
    permits.withhold(message)
    let waits = permits.withholds(end: ["a": "b"]), early = permits.takeEnd()
    #expect(!waitsForNothing && waits && early == nil)
    permits.add(1)
    #expect(released(&permits) == [message])
    let end = permits.takeEnd(), again = permits.takeEnd()
    #expect(end == ["a": "b"] && again == nil)
  }

  @Test func `credits of a client that gives too many do not overflow`() {
    var permits = Permits()
    for _ in 0..<10 { permits.add(.max) }
    #expect(take(1, &permits) == 1)
  }
}
