// Compressed messages, and uncompressed messages of the same call.
import Freshet
import GRPCTestingStubs

extension Session {
  func clientCompressedUnary() async throws {
    var request = Grpc_Testing_SimpleRequest.sized(up: 271_828, down: 314_159)
    request.expectCompressed = Grpc_Testing_BoolValue(true)
    try await expectServerLooks { _ = try await service.unaryCall(request) as Grpc_Testing_SimpleResponse }

    for isCompressed in [true, false] {
      request.expectCompressed = Grpc_Testing_BoolValue(isCompressed)
      let options = CallOptions(compression: isCompressed ? .gzip : nil)
      let response: Grpc_Testing_SimpleResponse = try await service.unaryCall(request, options: options)
      try expect("the size of the response", response.payload.body.count, is: 314_159)
    }
  }

  func clientCompressedStreaming() async throws {
    var compressed = Grpc_Testing_StreamingInputCallRequest.sized(27_182)
    compressed.expectCompressed = Grpc_Testing_BoolValue(true)
    var plain = Grpc_Testing_StreamingInputCallRequest.sized(45_904)
    plain.expectCompressed = Grpc_Testing_BoolValue(false)
    try await expectServerLooks { [compressed] in
      _ = try await service.streamingInputCall { yield in try await yield(compressed) }
    }

    let total = try await service.streamingInputCall(options: CallOptions(compression: .gzip)) {
      [compressed, plain] yield in
      try await yield(compressed)
      try await withoutCompression { try await yield(plain) }
    }
    try expect("the size of all requests", total.aggregatedPayloadSize, is: 73_086)
  }

  func serverCompressedUnary() async throws {
    for isCompressed in [true, false] {
      var request = Grpc_Testing_SimpleRequest.sized(up: 271_828, down: 314_159)
      request.responseCompressed = Grpc_Testing_BoolValue(isCompressed)
      let response: Response<Grpc_Testing_SimpleResponse> = try await service.unaryCall(request)
      try expect("whether the response is compressed", response.wasCompressed, is: isCompressed)
      try expect("the size of the response", response.message.payload.body.count, is: 314_159)
    }
  }

  func serverCompressedStreaming() async throws {
    var request = Grpc_Testing_StreamingOutputCallRequest.sized(down: [31_415, 92_653])
    request.responseParameters[0].compressed = Grpc_Testing_BoolValue(true)
    request.responseParameters[1].compressed = Grpc_Testing_BoolValue(false)
    let responses = service.streamingOutputCall(request)
    var (sizes, compressed): ([Int], [Bool]) = ([], [])
    for try await response in responses {
      sizes.append(response.payload.body.count)
      compressed.append(responses.lastResponseWasCompressed)
    }
    try expect("the sizes of the responses", sizes, is: [31_415, 92_653])
    try expect("whether they are compressed", compressed, is: [true, false])
  }

  /// A server that does not check whether requests are compressed would pass everything else.
  private func expectServerLooks(_ call: () async throws -> Void) async throws {
    try await expectStatus(.invalidArgument, of: "a request that says it is compressed and is not", call)
  }
}
