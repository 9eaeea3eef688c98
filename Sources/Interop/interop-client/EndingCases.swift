// Calls that the client cancels.
import Freshet
import FreshetStreams
import GRPCTestingStubs
import InteropSupport

extension Session {
  func cancelAfterBegin() async throws {
    let hasBegun = Latest(false)
    let call = Task {
      defer { hasBegun.set(true) }
      return try await service.streamingInputCall { _ in
        hasBegun.set(true)  // requests are read once the call's headers were sent
        try await untilCancelled()
      } as Grpc_Testing_StreamingInputCallResponse
    }
    _ = await hasBegun.values.first { $0 }
    call.cancel()
    try await expectStatus(.cancelled, of: "the call that was cancelled") { _ = try await call.value }
  }

  func cancelAfterFirstResponse() async throws {
    let call = service.fullDuplexCall()
    var responses = call.responses.makeAsyncIterator()
    try await call.send(.sized(up: 27_182, down: [31_415]))
    try expect("the size of the response", try await responses.next()?.payload.body.count, is: 31_415)
    call.cancel()
    try await expectStatus(.cancelled, of: "the call that was cancelled") { _ = try await responses.next() }
  }

  func timeoutOnSleepingServer() async throws {
    let responses = service.fullDuplexCall(options: CallOptions(timeout: .milliseconds(1))) { yield in
      try await yield(.with { $0.payload = .zeros(27_182) })
      try await untilCancelled()  // a server that waits for more requests has nothing to respond to
    }
    try await expectStatus(.deadlineExceeded, of: "a call that may take 1 ms") {
      for try await _ in responses {}
    }
  }
}

/// Waits for the end of the call that runs the caller.
private func untilCancelled() async throws {
  while true { try await Task.sleep(for: .seconds(3600)) }
}
