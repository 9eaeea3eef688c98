// Metadata echoed by the server.
import Freshet
import GRPCTestingStubs
import InteropSupport

extension Session {
  func customMetadata() async throws {
    var options = CallOptions()
    options.metadata.add("test_initial_metadata_value", for: MetadataKeys.echoedInitially)
    options.metadata.add(binary: [0xab, 0xab, 0xab], for: MetadataKeys.echoedInTrailers)

    let response: Response<Grpc_Testing_SimpleResponse> = try await service.unaryCall(
      .sized(up: 271_828, down: 314_159), options: options)
    try expectEcho(response.metadata, response.trailers, of: "the unary call")

    let responses = service.fullDuplexCall(options: options) { yield in
      try await yield(.sized(up: 271_828, down: [314_159]))
    }
    for try await response in responses {
      try expect("the size of the response", response.payload.body.count, is: 314_159)
    }
    try expectEcho(try await responses.metadata, try await responses.trailers, of: "the bidirectional call")
  }

  private func expectEcho(_ initial: Metadata, _ trailers: Metadata, of call: String) throws {
    try expect(
      "the initial metadata of \(call)", initial.strings(for: MetadataKeys.echoedInitially),
      is: ["test_initial_metadata_value"])
    try expect(
      "the trailing metadata of \(call)", trailers.binaries(for: MetadataKeys.echoedInTrailers),
      is: [[0xab, 0xab, 0xab]])
  }
}
