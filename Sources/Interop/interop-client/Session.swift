// The environment of a case. The cases are its methods, a file for each kind.
import Freshet
import GRPCTestingStubs

struct Session: Sendable {
  let channel: RPCChannel
  let service: Grpc_Testing_TestService.Client
  /// For cases that need channels of their own.
  let server: ServerFlags
  let soak: SoakFlags

  init(_ channel: RPCChannel, to server: ServerFlags, soak: SoakFlags) {
    self.channel = channel
    self.server = server
    self.soak = soak
    service = Grpc_Testing_TestService.Client(channel)
  }
}
