// `conformance-client`: the client that a conformance runner tests. It reads the calls to make from standard input,
// makes them at the same time, and writes what came of each to standard output.
import ConformanceStubs
import ConformanceSupport
import Freshet

@main
struct ConformanceClient {
  static func main() async throws {
    let pipe = RunnerPipe()
    try await withThrowingTaskGroup { group in
      while let request = try await pipe.next(ClientCompatRequest.self) {
        group.addTask { try pipe.write(await response(to: request)) }
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
