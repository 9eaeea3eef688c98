// What requests ask for, with the bounds that a server sets to what anybody may ask.
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
  /// Ends the call with the status that its request wants.
  func throwUnlessOK() throws(RPCError) {
    if code == 0 { return }
    throw RPCError(code: Status.Code(rawValue: Int(code)) ?? .unknown, message: message)
  }
}

extension ServerContext {
  /// - Throws: INVALID_ARGUMENT when the request that was read last did not come as it says itself.
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
  /// - Throws: RESOURCE_EXHAUSTED when there are more than so many.
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
