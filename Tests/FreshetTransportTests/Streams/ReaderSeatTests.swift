// The seat of a reader off its loop: the three states.
import NIOPosix
import Testing

@testable import FreshetTransport

@Suite struct ReaderSeatTests {
  private let stream = TransportStream(
    executor: LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next()), maxMessageBytes: 100)

  /// Creates a wait, passes it to `body`, and ends it.
  private func withWait(_ body: (ReadWait) -> Void) async {
    _ = await withUnsafeContinuation { continuation in
      body(ReadWait(1, continuation, withRest: true, on: stream))
      continuation.resume(returning: InboundBatch(first: .end))
    }
  }

  @Test func `initially the seat is locked and empty`() async {
    let seat = ReaderSeat()
    await withWait { wait in
      let sits = seat.sit(wait)
      #expect(!sits)
    }
    let found = seat.lock()
    #expect(found == nil)
  }

  @Test func `a seated reader is found once, and then the seat is locked`() async {
    let seat = ReaderSeat()
    seat.unlock()
    await withWait { wait in
      let sits = seat.sit(wait), found = seat.lock(), again = seat.lock(), sitsAgain = seat.sit(wait)
      #expect(sits && !sitsAgain)
      #expect(found === wait)
      #expect(again == nil)
    }
  }

  @Test func `a second reader finds the seat taken`() async {
    let seat = ReaderSeat()
    seat.unlock()
    await withWait { first in
      let sits = seat.sit(first)
      let secondSits = seat.sit(ReadWait(2, first.continuation, withRest: true, on: stream))
      let found = seat.lock()
      #expect(sits && !secondSits)
      #expect(found === first)
    }
  }

  @Test func `a free seat that is locked is empty`() async {
    let seat = ReaderSeat()
    seat.unlock()
    let found = seat.lock()
    #expect(found == nil)
    await withWait { wait in
      let sits = seat.sit(wait)
      #expect(!sits)
    }
  }
}
