// The responses that requests ask for, within the server's limits.
import Freshet
import GRPCTestingStubs
import InteropSupport

extension Grpc_Testing_Payload {
  /// As many zeros as a request asks for.
  /// - Throws: INVALID_ARGUMENT for a number that no test needs.
  static func answer(bytes: Int32) throws(RPCError) -> Grpc_Testing_Payload {
    let most = 64 << 20
    guard (0...most).contains(Int(bytes)) else {
      throw RPCError(code: .invalidArgument, message: "a payload can have from 0 to \(most) bytes, not \(bytes)")
    }
    return .zeros(Int(bytes))
  }
}

extension Grpc_Testing_EchoStatus {
  /// Ends the call with the status given in its request.
  func throwUnlessOK() throws(RPCError) {
    if code == 0 { return }
    throw RPCError(code: Status.Code(rawValue: Int(code)) ?? .unknown, message: message)
  }
}

extension ServerContext {
  /// - Throws: INVALID_ARGUMENT if the last request's compression differs from what it announces.
  func expectCompressed(_ isExpected: Bool) throws(RPCError) {
    guard lastRequestWasCompressed == isExpected else {
      throw RPCError(
        code: .invalidArgument,
        message: "the request says that it is \(isExpected ? "" : "not ")compressed, and it is the other way round")
    }
  }
}

extension RequestStream {
  /// All requests.
  /// - Throws: RESOURCE_EXHAUSTED if there are more than the limit.
  func collected(upTo limit: Int) async throws -> [Element] {
    var requests: [Element] = []
    for try await request in self {
      guard requests.count < limit else {
        throw RPCError(code: .resourceExhausted, message: "more than \(limit) requests before the first answer")
      }
      requests.append(request)
    }
    return requests
  }
}
