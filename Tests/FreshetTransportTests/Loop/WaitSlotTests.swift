// One waiting task and the three ways in which its wait ends.
import Testing

@testable import FreshetTransport

@Suite struct WaitSlotTests {
  /// Creates a continuation, passes it to `body`, and returns its result.
  private func continuation(_ body: (UnsafeContinuation<Int, Never>) -> Void) async -> Int {
    await withUnsafeContinuation { body($0) }
  }

  private func isNil(_ continuation: UnsafeContinuation<Int, Never>?) -> Bool {
    if case nil = continuation { true } else { false }
  }

  @Test func `waking a wait returns its continuation once`() async {
    var slot = WaitSlot<Int>()
    #expect(!slot.isWaiting)
    let value = await continuation { continuation in
      #expect(slot.wait(1, continuation) == .waiting)
      #expect(slot.isWaiting)
      slot.wake()?.resume(returning: 7)
      #expect(isNil(slot.wake()))
      #expect(!slot.isWaiting)
    }
    #expect(value == 7)
  }

  @Test func `a cancellation only returns the continuation of its own wait`() async {
    var slot = WaitSlot<Int>()
    let value = await continuation { continuation in
      #expect(slot.wait(2, continuation) == .waiting)
      #expect(isNil(slot.cancel(1)))
      #expect(slot.isWaiting)
      slot.cancel(2)?.resume(returning: -1)
      #expect(isNil(slot.cancel(2)))
      #expect(isNil(slot.wake()))
    }
    #expect(value == -1)
  }

  @Test func `a cancellation that overtakes its wait is recognised`() async {
    var slot = WaitSlot<Int>()
    #expect(isNil(slot.cancel(5)))
    let value = await continuation { continuation in
      #expect(slot.wait(5, continuation) == .cancelled)
      #expect(!slot.isWaiting)
      continuation.resume(returning: 0)
    }
    #expect(value == 0)
  }

  @Test func `a cancellation of a finished wait does not affect the next`() async {
    var slot = WaitSlot<Int>()
    #expect(isNil(slot.cancel(5)))
    let value = await continuation { continuation in
      #expect(slot.wait(6, continuation) == .waiting)
      slot.wake()?.resume(returning: 6)
    }
    #expect(value == 6)
    let next = await continuation { continuation in
      #expect(slot.wait(5, continuation) == .waiting)
      slot.wake()?.resume(returning: 5)
    }
    #expect(next == 5)
  }

  @Test func `a second wait is refused and the first is kept`() async {
    var slot = WaitSlot<Int>()
    let value = await continuation { first in
      #expect(slot.wait(1, first) == .waiting)
      #expect(slot.wait(2, first) == .occupied)
      #expect(slot.isWaiting)
      slot.wake()?.resume(returning: 1)
    }
    #expect(value == 1)
  }
}
