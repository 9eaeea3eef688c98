// The cases, by the names that gRPC's interoperability tests give them.
import ArgumentParser

enum TestCase: String, CaseIterable, ExpressibleByArgument {
  case emptyUnary = "empty_unary"
  case largeUnary = "large_unary"
  case cacheableUnary = "cacheable_unary"
  case clientCompressedUnary = "client_compressed_unary"
  case serverCompressedUnary = "server_compressed_unary"
  case clientStreaming = "client_streaming"
  case clientCompressedStreaming = "client_compressed_streaming"
  case serverStreaming = "server_streaming"
  case serverCompressedStreaming = "server_compressed_streaming"
  case pingPong = "ping_pong"
  case emptyStream = "empty_stream"
  case customMetadata = "custom_metadata"
  case statusCodeAndMessage = "status_code_and_message"
  case specialStatusMessage = "special_status_message"
  case unimplementedMethod = "unimplemented_method"
  case unimplementedService = "unimplemented_service"
  case cancelAfterBegin = "cancel_after_begin"
  case cancelAfterFirstResponse = "cancel_after_first_response"
  case timeoutOnSleepingServer = "timeout_on_sleeping_server"
  case rpcSoak = "rpc_soak"
  case channelSoak = "channel_soak"
  case orcaPerRPC = "orca_per_rpc"
  case orcaOutOfBand = "orca_oob"

  /// - Throws: `Unexpected` when the server deviates from the expected behaviour; the call's error when it failed.
  func run(_ session: Session) async throws {
    switch self {
    case .emptyUnary: try await session.emptyUnary()
    case .largeUnary: try await session.largeUnary()
    case .cacheableUnary: try await session.cacheableUnary()
    case .clientCompressedUnary: try await session.clientCompressedUnary()
    case .serverCompressedUnary: try await session.serverCompressedUnary()
    case .clientStreaming: try await session.clientStreaming()
    case .clientCompressedStreaming: try await session.clientCompressedStreaming()
    case .serverStreaming: try await session.serverStreaming()
    case .serverCompressedStreaming: try await session.serverCompressedStreaming()
    case .pingPong: try await session.pingPong()
    case .emptyStream: try await session.emptyStream()
    case .customMetadata: try await session.customMetadata()
    case .statusCodeAndMessage: try await session.statusCodeAndMessage()
    case .specialStatusMessage: try await session.specialStatusMessage()
    case .unimplementedMethod: try await session.unimplementedMethod()
    case .unimplementedService: try await session.unimplementedService()
    case .cancelAfterBegin: try await session.cancelAfterBegin()
    case .cancelAfterFirstResponse: try await session.cancelAfterFirstResponse()
    case .timeoutOnSleepingServer: try await session.timeoutOnSleepingServer()
    case .rpcSoak: try await session.rpcSoak()
    case .channelSoak: try await session.channelSoak()
    case .orcaPerRPC: try await session.orcaPerRPC()
    case .orcaOutOfBand: try await session.orcaOutOfBand()
    }
  }
}
