// Streams of requests, of responses, and of both.
import Freshet
import GRPCTestingStubs

extension Session {
  func clientStreaming() async throws {
    let total = try await service.streamingInputCall { yield in
      for bytes in [27_182, 8, 1_828, 45_904] { try await yield(.sized(bytes)) }
    }
    try expect("the size of all requests", total.aggregatedPayloadSize, is: 74_922)
  }

  func serverStreaming() async throws {
    let sizes = [31_415, 9, 2_653, 58_979]
    var came: [Int] = []
    for try await response in service.streamingOutputCall(.sized(down: sizes)) {
      came.append(response.payload.body.count)
    }
    try expect("the sizes of the responses", came, is: sizes)
  }

  func pingPong() async throws {
    let call = service.fullDuplexCall()
    var responses = call.responses.makeAsyncIterator()
    for (up, down) in [(27_182, 31_415), (8, 9), (1_828, 2_653), (45_904, 58_979)] {
      try await call.send(.sized(up: up, down: [down]))
      let response = try await responses.next()
      try expect("the size of the response to \(up) bytes", response?.payload.body.count, is: down)
    }
    call.finish()
    try expect("what follows the last response", try await responses.next(), is: nil)
  }

  func emptyStream() async throws {
    let call = service.fullDuplexCall()
    call.finish()
    var responses = call.responses.makeAsyncIterator()
    try expect("the response to no request", try await responses.next(), is: nil)
  }
}
