// One request, one response.
import Freshet
import GRPCTestingStubs

extension Session {
  func emptyUnary() async throws {
    try expect("the response", try await service.emptyCall(Grpc_Testing_Empty()), is: Grpc_Testing_Empty())
  }

  func largeUnary() async throws {
    let response: Grpc_Testing_SimpleResponse = try await service.unaryCall(.sized(up: 271_828, down: 314_159))
    try expect("the size of the response", response.payload.body.count, is: 314_159)
  }

  /// A server answers with its time. With a cache in between the second response equals the first, without one it
  /// differs; so this checks what holds for any server: the method exists, responds twice, and its responses are not
  /// empty.
  func cacheableUnary() async throws {
    let now = "\(ContinuousClock.now)"
    let request = Grpc_Testing_SimpleRequest.with { $0.payload.body.append(contentsOf: now.utf8) }
    // Caches only store responses for clients with an address.
    let options = CallOptions(metadata: ["x-user-ip": "1.2.3.4"])
    for time in ["first", "second"] {
      let response: Grpc_Testing_SimpleResponse = try await service.cacheableUnaryCall(request, options: options)
      try expect("whether the \(time) response is empty", response.payload.body.isEmpty, is: false)
    }
  }
}
