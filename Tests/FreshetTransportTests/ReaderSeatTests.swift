// Where a reader away from its loop waits: the three states.
import NIOPosix
import Testing

@testable import FreshetTransport

@Suite struct ReaderSeatTests {
  private let stream = TransportStream(
    executor: LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next()), maxMessageBytes: 100)

  /// Makes a wait, gives it to `body`, and ends it.
  private func withWait(_ body: (ReadWait) -> Void) async {
    _ = await withUnsafeContinuation { continuation in
      body(ReadWait(1, continuation, withRest: true, on: stream))
      continuation.resume(returning: InboundBatch(first: .end))
    }
  }

  @Test func `at first nobody may sit down, and nobody is there`() async {
    let seat = ReaderSeat()
    await withWait { #expect(!seat.sit($0)) }
    #expect(seat.lock() == nil)
  }

  @Test func `who sits down is found once, and then the seat is locked`() async {
    let seat = ReaderSeat()
    seat.unlock()
    await withWait { wait in
      #expect(seat.sit(wait))
      #expect(seat.lock() === wait)
      #expect(seat.lock() == nil)
      #expect(!seat.sit(wait))
    }
  }

  @Test func `a second reader finds the seat taken`() async {
    let seat = ReaderSeat()
    seat.unlock()
    await withWait { first in
      #expect(seat.sit(first))
      #expect(!seat.sit(ReadWait(2, first.continuation, withRest: true, on: stream)))
      #expect(seat.lock() === first)
    }
  }

  @Test func `a free seat that is locked is empty`() async {
    let seat = ReaderSeat()
    seat.unlock()
    #expect(seat.lock() == nil)
    await withWait { #expect(!seat.sit($0)) }
  }
}
