// Calls that end with the requested status, or because the method does not exist.
import Freshet
import GRPCTestingStubs

extension Session {
  func statusCodeAndMessage() async throws {
    let wanted = Grpc_Testing_EchoStatus(.unknown, "test status message")
    try await expectStatus(.unknown, message: wanted.message, of: "the unary call") {
      _ = try await service.unaryCall(.with { $0.responseStatus = wanted }) as Grpc_Testing_SimpleResponse
    }
    try await expectStatus(.unknown, message: wanted.message, of: "the bidirectional call") {
      let responses = service.fullDuplexCall { yield in try await yield(.with { $0.responseStatus = wanted }) }
      for try await _ in responses {}
    }
  }

  func specialStatusMessage() async throws {
    let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    try await expectStatus(.unknown, message: message, of: "the call") {
      _ =
        try await service.unaryCall(.with { $0.responseStatus = Grpc_Testing_EchoStatus(.unknown, message) })
        as Grpc_Testing_SimpleResponse
    }
  }

  func unimplementedMethod() async throws {
    try await expectStatus(.unimplemented, of: "a method that the server does not have") {
      _ = try await service.unimplementedCall(Grpc_Testing_Empty()) as Grpc_Testing_Empty
    }
  }

  func unimplementedService() async throws {
    let missing = Grpc_Testing_UnimplementedService.Client(channel)
    try await expectStatus(.unimplemented, of: "a service that the server does not have") {
      _ = try await missing.unimplementedCall(Grpc_Testing_Empty()) as Grpc_Testing_Empty
    }
  }
}
