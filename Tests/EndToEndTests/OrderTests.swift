// What was handed over and has returned comes before what begins after it: for messages, heads and ends, on both sides, by
// every way to the loop.
import Freshet
import struct NIOCore.ByteBuffer
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct OrderTests {
  private static let executions: [HandlerExecution] = [.eventLoop, .globalPool]

  private final class Turns: Sendable {
    private let turn = Atomic(0)
    /// Spins, as code does that learns by an atomic or a lock, and not by suspending.
    func wait(for number: Int) async {
      while turn.load(ordering: .acquiring) < number { await Task.yield() }
    }
    func end(_ number: Int) { turn.store(number + 1, ordering: .releasing) }
  }

  private func unary(_ channel: Channel, calls: Int, atOnce: Int) async throws -> [String] {
    try await withThrowingTaskGroup(of: [String].self) { group in
      for worker in 0..<atOnce {
        group.addTask {
          var faults: [String] = []
          for number in stride(from: worker, to: calls, by: atOnce) {
            let request = ByteBuffer.patterned(number, count: 16)
            do {
              let reply = try await channel.unary(BytesService.unary, request).message
              if reply != request { faults.append("\(number): another message") }
            } catch { faults.append("\(number): \(error)") }
          }
          return faults
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  @Test(arguments: executions) func `no unary answer is lost, wherever handlers run`(_ execution: HandlerExecution) async throws {
    let service = BytesService(unary: { request, _ in request }, execution: execution)
    try await withServerAndChannel(service) { channel in
      let faults = try await unary(channel, calls: 4_000, atOnce: 64)
      #expect(faults == [])
    }
  }

  @Test(arguments: executions)
  func `a server stream keeps its last message, wherever handlers run`(_ execution: HandlerExecution) async throws {
    let service = BytesService(
      serverStreaming: { _, _ in
        AsyncGenerator { yield in for number in 0..<20 { try await yield(.patterned(number, count: 8)) } }
      }, execution: execution)
    try await withServerAndChannel(service) { channel in
      for _ in 0..<200 {
        var numbers: [Int?] = []
        for try await message in channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()) {
          numbers.append(message.number)
        }
        #expect(numbers == Array(0..<20))
      }
    }
  }

  @Test func `a request that was sent elsewhere goes out before a finish on the channel's loop`() async throws {
    let service = BytesService(bidirectional: { requests, _ in
      AsyncGenerator { yield in for try await request in requests { try await yield(request) } }
    })
    try await withServerAndChannel(service) { channel in
      for number in 0..<200 {
        let call = channel.bidirectional(BytesService.bidirectional), turns = Turns()
        let finishing = Task(executorPreference: channel.executor) {
          await turns.wait(for: 1)
          call.finish()
        }
        try await call.send(.patterned(number, count: 8))
        turns.end(0)
        await finishing.value
        var received: [Int?] = []
        for try await message in call.responses { received.append(message.number) }
        #expect(received == [number])
      }
    }
  }

  @Test func `requests sent by turns on the loop and elsewhere arrive in that order`() async throws {
    let service = BytesService(bidirectional: { requests, _ in
      AsyncGenerator { yield in for try await request in requests { try await yield(request) } }
    })
    try await withServerAndChannel(service) { channel in
      for _ in 0..<15 {
        let call = channel.bidirectional(BytesService.bidirectional), turns = Turns(), count = 40
        let onLoop = Task(executorPreference: channel.executor) {
          for number in stride(from: 1, to: count, by: 2) {
            await turns.wait(for: number)
            try await call.send(.patterned(number, count: 8))
            turns.end(number)
          }
        }
        for number in stride(from: 0, to: count, by: 2) {
          await turns.wait(for: number)
          try await call.send(.patterned(number, count: 8))
          turns.end(number)
        }
        try await onLoop.value
        call.finish()
        var received: [Int?] = []
        for try await message in call.responses { received.append(message.number) }
        #expect(received == Array(0..<count))
      }
    }
  }

  @Test(arguments: executions)
  func `a body that yields by turns with another task keeps the order`(_ execution: HandlerExecution) async throws {
    let count = 40
    let service = BytesService(
      serverStreaming: { _, _ in
        AsyncGenerator { yield in
          let turns = Turns()
          let other = Task.detached {
            for number in stride(from: 1, to: count, by: 2) {
              await turns.wait(for: number)
              try await yield(.patterned(number, count: 8))
              turns.end(number)
            }
          }
          for number in stride(from: 0, to: count, by: 2) {
            await turns.wait(for: number)
            try await yield(.patterned(number, count: 8))
            turns.end(number)
          }
          try await other.value
        }
      }, execution: execution)
    try await withServerAndChannel(service) { channel in
      for _ in 0..<30 {
        var received: [Int?] = []
        for try await message in channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()) {
          received.append(message.number)
        }
        #expect(received == Array(0..<count))
      }
    }
  }

  @Test(arguments: executions)
  func `the head says what was set before the first message, and nothing that was set after it`(
    _ execution: HandlerExecution
  ) async throws {
    let service = BytesService(
      serverStreaming: { _, context in
        AsyncGenerator { yield in
          context.responseMetadata = ["number": "first"]
          try await yield(ByteBuffer(string: "x"))
          context.responseMetadata = ["number": "second"]
        }
      }, execution: execution)
    try await withServerAndChannel(service) { channel in
      for _ in 0..<100 {
        let responses = channel.serverStreaming(BytesService.serverStreaming, ByteBuffer())
        for try await _ in responses {}
        let metadata = try await responses.metadata
        #expect(metadata["number"] == "first")
      }
    }
  }
}
