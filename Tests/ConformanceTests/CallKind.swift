// The kinds of call of the conformance service, and their requests.
import ConformanceStubs
import ConformanceSupport
import Foundation
import SwiftProtobuf

enum CallKind: String, CaseIterable, Sendable {
  case unary = "unary"
  case idempotentUnary = "idempotent unary"
  case serverStream = "server stream"
  case clientStream = "client stream"
  case halfDuplex = "half duplex"
  case fullDuplex = "full duplex"

  var method: String {
    switch self {
    case .unary: "Unary"
    case .idempotentUnary: "IdempotentUnary"
    case .serverStream: "ServerStream"
    case .clientStream: "ClientStream"
    case .halfDuplex, .fullDuplex: "BidiStream"
    }
  }

  var path: String { "/\(ConformanceService.serviceName)/\(method)" }

  var streamType: Connectrpc_Conformance_V1_StreamType {
    switch self {
    case .unary, .idempotentUnary: .unary
    case .serverStream: .serverStream
    case .clientStream: .clientStream
    case .halfDuplex: .halfDuplexBidiStream
    case .fullDuplex: .fullDuplexBidiStream
    }
  }

  var hasManyRequests: Bool { self == .clientStream || self == .halfDuplex || self == .fullDuplex }
  var hasManyResponses: Bool { self == .serverStream || self == .halfDuplex || self == .fullDuplex }

  /// Requests with this much data each, the first of which has the definition.
  func requests(_ definition: Definition?, count: Int, dataBytes: Int = 3) -> [Google_Protobuf_Any] {
    (0..<count).map { index in
      let definition = index == 0 ? definition : nil
      let data = Data(repeating: UInt8(index), count: dataBytes)
      do { return try Google_Protobuf_Any(message: request(definition, data)) } catch { fatalError("\(error)") }
    }
  }

  private func request(_ definition: Definition?, _ data: Data) -> any SwiftProtobuf.Message {
    switch self {
    case .unary:
      var request = UnaryRequest.with { $0.requestData = data }
      if let definition { request.responseDefinition = definition.forOneResponse }
      return request
    case .idempotentUnary:
      var request = IdempotentUnaryRequest.with { $0.requestData = data }
      if let definition { request.responseDefinition = definition.forOneResponse }
      return request
    case .clientStream:
      var request = ClientStreamRequest.with { $0.requestData = data }
      if let definition { request.responseDefinition = definition.forOneResponse }
      return request
    case .serverStream:
      var request = ServerStreamRequest.with { $0.requestData = data }
      if let definition { request.responseDefinition = definition.forManyResponses }
      return request
    case .halfDuplex, .fullDuplex:
      var request = BidiStreamRequest.with { ($0.requestData, $0.fullDuplex) = (data, self == .fullDuplex) }
      if let definition { request.responseDefinition = definition.forManyResponses }
      return request
    }
  }
}

/// The response that the server is asked for, for any kind of call.
struct Definition: Sendable {
  var headers: [Header] = []
  /// The responses; a method with a single response takes the first.
  var data: [Data] = []
  var error: ErrorDefinition?
  var trailers: [Header] = []
  var delayMilliseconds: UInt32 = 0

  var forOneResponse: UnaryResponseDefinition {
    .with {
      $0.responseHeaders = headers
      $0.responseTrailers = trailers
      $0.responseDelayMs = delayMilliseconds
      if let error { $0.error = error } else if let first = data.first { $0.responseData = first }
    }
  }

  var forManyResponses: StreamResponseDefinition {
    .with {
      $0.responseHeaders = headers
      $0.responseTrailers = trailers
      $0.responseDelayMs = delayMilliseconds
      $0.responseData = data
      if let error { $0.error = error }
    }
  }
}

extension Header {
  init(_ name: String, _ values: String...) {
    self.init()
    self.name = name
    value = values
  }
}
