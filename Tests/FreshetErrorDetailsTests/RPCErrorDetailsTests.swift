// Typed details of errors: created, sent, and read from well-formed and malformed bytes.
import EchoStubs
import Freshet
import FreshetErrorDetails
import SwiftProtobuf
import TestSupport
import Testing

@Suite struct RPCErrorDetailsTests {
  private static let badRequest = Google_Rpc_BadRequest.with {
    $0.fieldViolations = [.with { $0.field = "quantity" }, .with { $0.field = "price" }]
  }
  private static let help = Google_Rpc_Help.with { $0.links = [.with { $0.url = "https://example.org" }] }

  /// Fails with the given error.
  private struct FailingService: Echo_V1_Echo.Service {
    var error: RPCError
    func get(_ request: Echo_V1_Message, context: ServerContext) async throws -> Echo_V1_Message { throw error }
    func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
      MessageStream { yield in
        try await yield(request)
        throw error
      }
    }
    func collect(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) async throws -> Echo_V1_Message {
      throw error
    }
    func update(
      _ requests: RequestStream<Echo_V1_Message>, context: ServerContext
    ) async throws -> MessageStream<Echo_V1_Message> {
      throw error
    }
  }

  /// A client's errors for a handler's error: before any message, and after one.
  private func received(_ error: RPCError) async throws -> [RPCError] {
    let server = Server(services: [FailingService(error: error)])
    return try await withChannel(server.inProcessChannel()) { channel in
      let echo = Echo_V1_Echo.Client(channel)
      var errors: [RPCError] = []
      do throws(RPCError) { _ = try await echo.get(Echo_V1_Message()) as Echo_V1_Message } catch {
        errors.append(error)
      }
      do throws(RPCError) { for try await _ in echo.expand(Echo_V1_Message()) {} } catch { errors.append(error) }
      #expect(errors.count == 2)
      await server.drain()
      return errors
    }
  }

  @Test func `S16: the client reads the typed details that a handler throws`() async throws {
    let thrown = RPCError(
      code: .invalidArgument, message: "not “so”", details: [Self.badRequest, Self.help, Self.help],
      metadata: ["x-more": "1"])
    for error in try await received(thrown) {
      #expect(error.code == .invalidArgument && error.message == "not “so”" && error.origin == .peer)
      #expect(error.metadata["x-more"] == "1")
      #expect(error.detail(Google_Rpc_BadRequest.self) == Self.badRequest)
      #expect(error.details(Google_Rpc_Help.self) == [Self.help, Self.help])
      #expect(error.detail(Google_Rpc_RetryInfo.self) == nil)
      #expect(error.packedDetails.count == 3)
    }
  }

  @Test func `S16: the details have the same code and message as the status`() throws {
    for code in Status.Code.allCases {
      let error = RPCError(code: code, message: "m", details: [Self.help])
      let status = try #require(error.richStatus)
      #expect(status.code == Int32(code.rawValue) && status.message == "m")
      #expect(Google_Rpc_Code(rawValue: Int(status.code)) != nil)
    }
  }

  @Test func `S16: an error without details sends none`() async throws {
    for error in try await received(RPCError(code: .notFound, message: "m", details: [] as [any SwiftProtobuf.Message]))
    {
      #expect(error.code == .notFound && error.details == nil && error.richStatus == nil && error.packedDetails.isEmpty)
    }
  }

  @Test(arguments: [[0xFF, 0xFF], [0x08], Array("no status at all".utf8), []] as [[UInt8]])
  func `S16: malformed details fail nothing, and the plain status counts`(_ bytes: [UInt8]) async throws {
    for error in try await received(RPCError(code: .aborted, message: "plain", details: bytes)) {
      #expect(error.code == .aborted && error.message == "plain")
      #expect(error.packedDetails.isEmpty && error.detail(Google_Rpc_Help.self) == nil)
    }
  }

  @Test func `S16: details that contradict the status do not change it`() async throws {
    let other = Google_Rpc_Status.with { ($0.code, $0.message) = (5, "other") }
    let thrown = RPCError(code: .aborted, message: "plain", details: try other.serializedBytes() as [UInt8])
    for error in try await received(thrown) {
      #expect(error.code == .aborted && error.message == "plain" && error.richStatus == other)
    }
  }

  @Test func `S16: an undecodable detail does not hide others`() throws {
    var status = Google_Rpc_Status()
    status.details = [
      .with { ($0.typeURL, $0.value) = ("type.googleapis.com/google.rpc.Help", .init([0xFF])) },
      .with { $0.typeURL = "type.googleapis.com/unknown.Type" },
      try Google_Protobuf_Any(message: Self.help),
    ]
    let error = RPCError(code: .internal, message: "", details: try status.serializedBytes() as [UInt8])
    #expect(error.detail(Google_Rpc_Help.self) == Self.help)
    #expect(error.packedDetails.map(\.typeURL).contains("type.googleapis.com/unknown.Type"))
  }

  @Test func `S16: every message of error_details can be a detail`() {
    let all: [any SwiftProtobuf.Message] = [
      Google_Rpc_ErrorInfo.with { ($0.reason, $0.domain, $0.metadata) = ("R", "d", ["k": "v"]) },
      Google_Rpc_RetryInfo.with { $0.retryDelay.seconds = 1 },
      Google_Rpc_DebugInfo.with { ($0.stackEntries, $0.detail) = (["a", "b"], "d") },
      Google_Rpc_QuotaFailure.with { $0.violations = [.with { ($0.quotaValue, $0.futureQuotaValue) = (1, 0) }] },
      Google_Rpc_PreconditionFailure.with { $0.violations = [.with { $0.type = "TOS" }] },
      Self.badRequest,
      Google_Rpc_RequestInfo.with { ($0.requestID, $0.servingData) = ("id", "data") },
      Google_Rpc_ResourceInfo.with { ($0.resourceType, $0.owner) = ("book", "o") },
      Self.help,
      Google_Rpc_LocalizedMessage.with { ($0.locale, $0.message) = ("de-CH", "Grüezi") },
    ]
    let error = RPCError(code: .unknown, message: "", details: all)
    for detail in all {
      let isRead = isRead(detail, from: error)
      #expect(isRead, "\(detail)")
    }
  }

  private func isRead<Detail: SwiftProtobuf.Message>(_ detail: Detail, from error: RPCError) -> Bool {
    error.detail(Detail.self).map { $0.isEqualTo(message: detail) } ?? false
  }
}
