// One waiting task and the three ways in which its wait ends.
import Testing

@testable import FreshetTransport

@Suite struct WaitSlotTests {
  /// Makes a continuation, gives it to `body`, and returns what it was resumed with.
  private func continuation(_ body: (UnsafeContinuation<Int, Never>) -> Void) async -> Int {
    await withUnsafeContinuation { body($0) }
  }

  private func isNil(_ continuation: UnsafeContinuation<Int, Never>?) -> Bool {
    if case nil = continuation { true } else { false }
  }

  @Test func `a wait that is woken gives its continuation once`() async {
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

  @Test func `a cancellation gives the continuation of its own wait alone`() async {
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

  @Test func `a cancellation that overtakes its wait is seen`() async {
    var slot = WaitSlot<Int>()
    #expect(isNil(slot.cancel(5)))
    let value = await continuation { continuation in
      #expect(slot.wait(5, continuation) == .cancelled)
      #expect(!slot.isWaiting)
      continuation.resume(returning: 0)
    }
    #expect(value == 0)
  }

  @Test func `a cancellation of a wait that is over does not harm the next`() async {
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

  @Test func `a second wait finds the place occupied and the first stays`() async {
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
