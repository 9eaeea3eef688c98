// A state and a step: unfold, beyond the laws.
import FreshetStreams
import TestSupport
import Testing

@Suite("Unfold")
struct UnfoldTests {
  @Test func `Each iteration starts at the initial state, and types are inferred`() async {
    let powers = unfold(1) { (value: inout Int) -> Int? in
      defer { value *= 2 }
      return value < 100 ? value : nil
    }
    for _ in 0..<2 {
      var seen: [Int] = []
      for await power in powers { seen.append(power) }
      #expect(seen == [1, 2, 4, 8, 16, 32, 64])
    }
  }

  @Test func `The step runs in the consumer's task and sees its cancellation`() async {
    let waiting = Event()
    let consumer = Task {
      let stream = unfold(0) { (_: inout Int) async throws -> Int? in
        waiting.fire()
        await waitForCancellation()
        try Task.checkCancellation()
        return 1
      }
      for try await _ in stream {}
    }
    await waiting.wait()
    consumer.cancel()
    await #expect(throws: CancellationError.self) { try await consumer.value }
  }

  @Test func `No job is enqueued for an element`() async {
    let executor = RandomOrderExecutor()
    let task = Task(executorPreference: executor) {
      var sum = 0
      for await number in unfold(
        0,
        { (state: inout Int) -> Int? in
          state += 1; return state <= 1000 ? state : nil
        })
      {
        sum += number
      }
      return sum
    }
    #expect(executor.drain() == 1)
    #expect(await task.value == 500_500)
  }

  @Test func `State and elements need not be Sendable if the stream stays in one place`() async {
    final class Counter { var count = 0 }
    let stream = unfold(Counter()) { (counter: inout Counter) -> Counter? in
      counter.count += 1
      return counter.count <= 3 ? counter : nil
    }
    var steps = 0
    for await _ in stream { steps += 1 }
    #expect(steps == 3)
  }
}
