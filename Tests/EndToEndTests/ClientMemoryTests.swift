// What a client's connections account for in their memory budget.
import Freshet
import struct NIOCore.ByteBuffer
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ClientMemoryTests {
  @Test func `requests that were queued before their connection are counted as they leave`() async throws {
    let budget = MemoryBudget(limitBytes: 1 << 30)
    let service = BytesService(unary: { request, _ in request })
    try await withServer([service]) { address in
      let configuration = ChannelConfiguration { $0.connection.memoryBudget = budget }
      try await withChannel(RPCChannel(address.target, configuration: configuration)) { channel in
        for number in 0..<10 {
          let response = try await channel.unary(BytesService.unary, .patterned(number, count: 500_000))
          #expect(response.message.number == number)
          #expect(budget.usedBytes >= 0)
        }
      }
      #expect(budget.usedBytes == 0)
    }
  }
}
