// Messages of a service's schema inside `google.protobuf.Any`, as JSON (web.md W45).
import ConformanceStubs
import Foundation
import Freshet
import NIOCore
import SwiftProtobuf
import Testing

@Suite struct AnyInJSONTests {
  private typealias Conformance = Connectrpc_Conformance_V1_ConformanceService

  /// Requests as this service echoes them, one from another file of the schema.
  private func payload() throws -> Connectrpc_Conformance_V1_ConformancePayload {
    try .with {
      $0.requestInfo.requests = [
        try Google_Protobuf_Any(
          message: Connectrpc_Conformance_V1_UnaryRequest.with { $0.requestData = Data([1, 2]) }),
        try Google_Protobuf_Any(message: Connectrpc_Conformance_V1_Header.with { $0.name = "a" }),
      ]
    }
  }

  private func expectRoundTrip() throws {
    let codec = JSONCodec<Connectrpc_Conformance_V1_ConformancePayload>()
    let json = try codec.encode(try payload(), reservingPrefix: 0)
    #expect(String(buffer: json).contains("connectrpc.conformance.v1.UnaryRequest"))
    let requests = try codec.decode(json).requestInfo.requests
    #expect(try Connectrpc_Conformance_V1_UnaryRequest(unpackingAny: requests[0]).requestData == Data([1, 2]))
    #expect(try Connectrpc_Conformance_V1_Header(unpackingAny: requests[1]).name == "a")
  }

  @Test func `a server's handlers register the messages of their schema`() throws {
    _ = Conformance.Fake().methodHandlers
    try expectRoundTrip()
  }

  @Test func `a client registers the messages of its schema`() throws {
    _ = Conformance.Client(inProcess: Conformance.Fake())
    try expectRoundTrip()
  }
}
