// The server's view of a call, as reported in responses and errors.
import ConformanceStubs
import ConformanceSupport
import Freshet
import FreshetErrorDetails
import SwiftProtobuf

extension RequestInfo {
  init(_ context: ServerContext, _ requests: [any SwiftProtobuf.Message]) {
    self.init(requests)
    requestHeaders = context.metadata.headers
    if let remaining = context.deadline?.remaining {
      timeoutMs = max(0, remaining.components.seconds * 1000 + remaining.components.attoseconds / 1_000_000_000_000_000)
    }
  }

  init(_ requests: [any SwiftProtobuf.Message]) {
    self.init()
    self.requests = requests.compactMap { try? Google_Protobuf_Any(message: $0) }
  }
}

extension ServerContext {
  /// Compresses responses as the requests are.
  func compressAsTheClientDoes() { responseCompression = lastRequestWasCompressed ? requestCompression : nil }
}

extension RPCError {
  /// The error of a definition, with the server's view of the request among its details.
  init(_ definition: ErrorDefinition, describing info: RequestInfo?) {
    var details: [any SwiftProtobuf.Message] = definition.details
    if let info { details.append(info) }
    let code = Status.Code(rawValue: definition.code.rawValue) ?? .unknown
    self.init(code: code == .ok ? .unknown : code, message: definition.message, details: details)
  }
}
