// Many calls, on one channel or each on a channel of its own.
import Freshet
import GRPCTestingStubs

extension Session {
  func rpcSoak() async throws {
    try await Soak(flags: soak).run { options in
      try await largeCall(on: channel, options)
    }
  }

  func channelSoak() async throws {
    try await Soak(flags: soak).run { options in
      try await server.withChannel { channel in try await largeCall(on: channel, options) }
    }
  }

  private func largeCall(on channel: RPCChannel, _ options: CallOptions) async throws {
    let request = Grpc_Testing_SimpleRequest.sized(up: soak.requestBytes, down: soak.responseBytes)
    let service = Grpc_Testing_TestService.Client(channel, options: options)
    let response: Grpc_Testing_SimpleResponse = try await service.unaryCall(request)
    try expect("the size of the response", response.payload.body.count, is: soak.responseBytes)
  }
}
