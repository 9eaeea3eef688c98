// `conformance-client`: the client that a conformance runner tests. It reads the calls to make from standard input,
// makes several of them concurrently, and writes their results to standard output.
import ConformanceStubs
import ConformanceSupport
import Freshet

@main
struct ConformanceClient {
  /// Each call has a connection of its own; more at once would delay each other's handshakes and deadlines. Unread
  /// calls wait in the pipe.
  private static let maxCalls = 16

  static func main() async {
    await ConformanceProgram.run("conformance-client") { try await makeCalls() }
  }

  private static func makeCalls() async throws {
    let pipe = RunnerPipe()
    try await withThrowingTaskGroup(of: Void.self) { group in
      var running = 0
      do {
        while let request = try await pipe.next(ClientCompatRequest.self) {
          if running == maxCalls { _ = try await group.next() } else { running += 1 }
          group.addTask { try pipe.write(await response(to: request)) }
        }
      } catch let error as RunnerPipe.BadInput {
        try await group.waitForAll()  // earlier requests are answered
        throw error
      }
      try await group.waitForAll()
    }
  }

  private static func response(to request: ClientCompatRequest) async -> ClientCompatResponse {
    var response = ClientCompatResponse()
    response.testName = request.testName
    do {
      response.response = try await DescribedCall(request).result()
    } catch {
      response.error.message = "\(error)"
    }
    return response
  }
}
