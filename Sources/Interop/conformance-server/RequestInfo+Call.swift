// The server's view of a call, as reported in responses and errors.
import ConformanceStubs
import ConformanceSupport
import Foundation
import Freshet
import FreshetErrorDetails
import FreshetWeb
import SwiftProtobuf

extension RequestInfo {
  init(_ context: ServerContext, _ requests: [any SwiftProtobuf.Message]) {
    self.init(requests)
    requestHeaders = context.metadata.headers
    if let remaining = context.deadline?.remaining {
      timeoutMs = max(0, remaining.components.seconds * 1000 + remaining.components.attoseconds / 1_000_000_000_000_000)
    }
    let parameters = context.queryParameters
    if !parameters.isEmpty { connectGetInfo.queryParams = parameters }
  }

  init(_ requests: [any SwiftProtobuf.Message]) {
    self.init()
    self.requests = requests.compactMap { try? Google_Protobuf_Any(message: $0) }
  }
}

extension ServerContext {
  /// Those of a call by GET, decoded, each with all its values.
  fileprivate var queryParameters: [Header] {
    guard self.protocol == .connectGET else { return [] }
    var parameters: [Header] = []
    for item in URLComponents(string: requestFields.first(":path") ?? "")?.queryItems ?? [] {
      if let known = parameters.firstIndex(where: { $0.name == item.name }) {
        parameters[known].value.append(item.value ?? "")
      } else {
        parameters.append(.with { ($0.name, $0.value) = (item.name, [item.value ?? ""]) })
      }
    }
    return parameters
  }

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
