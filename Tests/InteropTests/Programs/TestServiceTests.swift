// Features of interop-server that no case of the table uses.
import Foundation
import Freshet
import GRPCTestingStubs
import ORCAStubs
import TestSupport
import Testing
@testable import interop_server

@Suite struct TestServiceTests {
  private let server: Server
  private let service: Grpc_Testing_TestService.Client
  private let channel: RPCChannel

  init() {
    let load = ServerLoad()
    server = Server(services: [TestService(load: load), LoadReportService(load: load)], interceptors: [EchoMetadata()])
    channel = server.inProcessChannel()
    service = Grpc_Testing_TestService.Client(channel)
  }

  private func end() async {
    await channel.shutdown()
    await server.drain()
  }

  @Test func `HalfDuplexCall answers after the last request`() async throws {
    let call = service.halfDuplexCall()
    for size in [3, 1, 2] {
      try await call.send(.with { $0.responseParameters = [.with { $0.size = Int32(size) }] })
    }
    call.finish()
    var sizes: [Int] = []
    for try await response in call.responses { sizes.append(response.payload.body.count) }
    #expect(sizes == [3, 1, 2])
    await end()
  }

  @Test func `HalfDuplexCall with too many requests is RESOURCE_EXHAUSTED`() async throws {
    let responses = service.halfDuplexCall { yield in
      while true { try await yield(Grpc_Testing_StreamingOutputCallRequest()) }
    }
    let error = await #expect(throws: RPCError.self) { for try await _ in responses {} }
    #expect(error?.code == .resourceExhausted)
    await end()
  }

  @Test(arguments: [Int32.min, -1, Int32.max])
  func `Excessive sizes are INVALID_ARGUMENT`(_ size: Int32) async throws {
    let error = await #expect(throws: RPCError.self) {
      let _: Grpc_Testing_SimpleResponse = try await service.unaryCall(.with { $0.responseSize = size })
    }
    #expect(error?.code == .invalidArgument)
    await end()
  }

  @Test func `An unknown status code is UNKNOWN`() async throws {
    let error = await #expect(throws: RPCError.self) {
      let _: Grpc_Testing_SimpleResponse = try await service.unaryCall(
        .with { $0.responseStatus = .with { $0.code = 4711 } })
    }
    #expect(error?.code == .unknown)
    await end()
  }

  @Test func `CacheableUnaryCall answers with a unique timestamp that caches may keep for a minute`()
    async throws
  {
    let request = Grpc_Testing_SimpleRequest.with { $0.payload.body.append(7) }
    let start = Date.now
    var stamps: [Int64] = []
    for _ in 0..<100 {
      let response: Response<Grpc_Testing_SimpleResponse> = try await service.cacheableUnaryCall(request)
      #expect(response.metadata["cache-control"] == "max-age=60, public")
      stamps.append(try #require(Int64(String(decoding: response.message.payload.body, as: UTF8.self))))
    }
    #expect(zip(stamps, stamps.dropFirst()).allSatisfy { $0 < $1 })
    let seconds = Double(stamps[0]) / 1e9 - start.timeIntervalSince1970
    #expect((-1...3600).contains(seconds), "\(stamps[0]) is not now in nanoseconds")
    await end()
  }

  @Test func `Load reports have only the requested costs`() async throws {
    let call = service.fullDuplexCall()
    try await call.send(
      .with {
        $0.orcaOobReport.requestCost = ["disk": 1, "network": 2]
        $0.responseParameters = [.with { $0.size = 1 }]
      })
    var responses = call.responses.makeAsyncIterator()
    #expect(try await responses.next() != nil)
    let listening = Xds_Service_Orca_V3_OpenRcaService.Client(channel).streamCoreMetrics(
      .with { $0.requestCostNames = ["disk"] })
    var reports = listening.makeAsyncIterator()
    #expect(try await reports.next()?.requestCost == ["disk": 1])
    #expect(try await reports.next()?.requestCost == ["disk": 1])
    call.finish()
  }
}
