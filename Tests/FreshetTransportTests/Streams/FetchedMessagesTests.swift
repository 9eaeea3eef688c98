// What a reader has fetched from its stream's loop.
import FreshetCore
import NIOCore
import Testing

@testable import FreshetTransport

@Suite struct FetchedMessagesTests {
  private let batch = (1...3).map { MessageDeframer.Message(isCompressed: false, payload: ByteBuffer(bytes: [$0])) }

  private func rest(of fetched: borrowing FetchedMessages) -> [[UInt8]] {
    var all: [[UInt8]] = []
    while let message = fetched.take() { all.append(message.bytes) }
    return all
  }

  @Test func `they are taken in their order, batch after batch`() {
    let fetched = FetchedMessages()
    #expect(rest(of: fetched) == [])
    for _ in 0..<2 {
      let isKept = fetched.keep(batch)
      #expect(isKept)
      #expect(rest(of: fetched) == [[1], [2], [3]])
    }
  }

  @Test func `none is delivered behind the end of the stream, whether it came before or after`() {
    let fetched = FetchedMessages()
    _ = fetched.keep(batch)
    let first = fetched.take()
    #expect(first?.bytes == [1])
    fetched.close()
    #expect(rest(of: fetched) == [])
    let isKept = fetched.keep(batch)
    #expect(!isKept)
    #expect(rest(of: fetched) == [])
  }
}
