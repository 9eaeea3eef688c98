// What was submitted by a call that has returned comes before what begins after it: messages, heads and ends, wherever
// handlers run. LoopOrderTests provokes each way onto a loop separately.
import Freshet
import struct NIOCore.ByteBuffer
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct OrderTests {
  private static let executions: [HandlerExecution] = [.eventLoop, .globalPool]

  private func unary(_ channel: RPCChannel, calls: Int, atOnce: Int) async throws -> [String] {
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

  @Test(arguments: executions) func `no unary answer is lost, wherever handlers run`(_ execution: HandlerExecution)
    async throws
  {
    let service = BytesService(unary: { request, _ in request }, execution: execution)
    try await withServerAndChannel(service) { channel in
      let faults = try await unary(channel, calls: 2_000, atOnce: 64)
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
      for _ in 0..<100 {
        var numbers: [Int?] = []
        for try await message in channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()) {
          numbers.append(message.number)
        }
        #expect(numbers == Array(0..<20))
      }
    }
  }

  @Test(arguments: executions)
  func `the head has what was set before the first message, and nothing set after it`(
    _ execution: HandlerExecution
  ) async throws {
    let service = BytesService(
      serverStreaming: { _, context in
        // Not in the body: on a busy machine that begins after the head's wait for the first message.
        context.responseMetadata = ["number": "first"]
        return AsyncGenerator { yield in
          try await yield(ByteBuffer(string: "x"))
          context.responseMetadata = ["number": "second"]
        }
      }, execution: execution)
    try await withServerAndChannel(service) { channel in
      for _ in 0..<50 {
        let responses = channel.serverStreaming(BytesService.serverStreaming, ByteBuffer())
        for try await _ in responses {}
        let metadata = try await responses.metadata
        #expect(metadata["number"] == "first")
      }
    }
  }
}
