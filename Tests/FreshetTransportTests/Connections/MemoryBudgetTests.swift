// Memory shared by connections, and the consequences for the largest users.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import TestSupport
import Testing

@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct MemoryBudgetTests {
  @Test func `above three quarters, connections at or above the average are held back`() {
    let budget = MemoryBudget(limitBytes: 1_000)
    budget.reportUser(1)
    budget.reportUser(1)
    budget.report(750)
    #expect(!budget.holdsBack(600))
    budget.report(50)
    #expect(budget.holdsBack(600) && budget.holdsBack(400) && !budget.holdsBack(399))
    #expect(!budget.isExhausted)
    budget.report(201)
    #expect(budget.isExhausted)
    budget.report(-1_001)
    #expect(!budget.holdsBack(.max))
  }

  @Test func `a connection that holds too much is not read, until its bytes are consumed`() async throws {
    let budget = MemoryBudget(limitBytes: 200_000)
    let pair = try await StreamPair.make(serverBudget: budget)
    var streams: [(client: TransportStream, server: TransportStream, calls: (RecordingCall, RecordingCall))] = []
    for _ in 0..<3 {
      let stream = try await pair.open()
      for _ in 0..<4 { _ = try stream.client.put(frame(1, count: 15_000)) }
      stream.client.finishSending()
      streams.append(stream)
    }
    #expect(await eventually { budget.usedBytes > 150_000 })
    let owner = pair.server, serverExecutor = streams[0].server.executor
    let isReading: @Sendable () async -> Bool = {
      await serverExecutor.call {
        (try? owner.connection?.state.context?.channel.syncOptions?.getOption(.autoRead)) ?? true
      }
    }
    #expect(await isReading() == false)
    for stream in streams {
      var count = 0
      while try await stream.server.next() != nil { count += 1 }
      #expect(count == 4)
    }
    for _ in 0..<10_000 { if await isReading() { break } }
    #expect(await isReading())
    #expect(budget.usedBytes == 0)
    await pair.close()
  }
}
