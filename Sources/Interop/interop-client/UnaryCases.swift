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

  /// A server answers with its time. With a cache on the way the second answer is the first, without one it is another; so
  /// this holds of any server: the method is there, answers twice, and has something to say.
  func cacheableUnary() async throws {
    let now = "\(ContinuousClock.now)"
    let request = Grpc_Testing_SimpleRequest.with { $0.payload.body.append(contentsOf: now.utf8) }
    // Caches keep answers to addresses of users only.
    let options = CallOptions(metadata: ["x-user-ip": "1.2.3.4"])
    for time in ["first", "second"] {
      let response: Grpc_Testing_SimpleResponse = try await service.cacheableUnaryCall(request, options: options)
      try expect("whether the \(time) response is empty", response.payload.body.isEmpty, is: false)
    }
  }
}
