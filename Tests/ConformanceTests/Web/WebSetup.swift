// The protocol, codec, compression and carrier of a round of cases for the server.
import ConformanceStubs
import ConformanceSupport
import Foundation
import SwiftProtobuf
import TestSupport

struct WebSetup: Sendable, Hashable, CustomStringConvertible {
  enum Speaks: String, CaseIterable, Sendable {
    case grpc = "gRPC"
    case grpcWeb = "gRPC-Web"
    case grpcWebText = "gRPC-Web in base64"
    case connect = "Connect"
    case connectGET = "Connect by GET"
  }

  enum Encoding: String, CaseIterable, Sendable {
    case identity, gzip, deflate, zstd, br
  }

  /// A server program, which serves all codecs and compressions.
  struct Server: Hashable, Sendable {
    var speaks: Connectrpc_Conformance_V1_Protocol
    var carrier: WebCarrier
    var wantsClientCertificate: Bool
  }

  var speaks: Speaks
  var isJSON = false
  var encoding = Encoding.identity
  var carrier: WebCarrier
  var wantsClientCertificate = false

  var description: String {
    let certificate = wantsClientCertificate ? " with client certificate" : ""
    return "\(speaks.rawValue), \(carrier.rawValue)\(certificate), \(isJSON ? "JSON" : "proto"), \(encoding)"
  }

  /// All combinations that can be.
  static let all: [WebSetup] = Speaks.allCases.flatMap { speaks in
    WebCarrier.allCases.flatMap { carrier in
      [false, true].flatMap { isJSON in
        Encoding.allCases.flatMap { encoding in
          let setup = WebSetup(speaks: speaks, isJSON: isJSON, encoding: encoding, carrier: carrier)
          if speaks == .grpc, !carrier.isHTTP2 { return [WebSetup]() }
          if !carrier.usesTLS { return [setup] }
          var mutual = setup
          mutual.wantsClientCertificate = true
          return [setup, mutual]
        }
      }
    }
  }

  /// A part, which goes through each value of each feature; all with FRESHET_CONFORMANCE=all.
  static let wanted: [WebSetup] = isComplete ? all : all.filter { $0.carrier.usesTLS ? $0.isPlain : $0.isUsual }

  static let isComplete = ProcessInfo.processInfo.environment["FRESHET_CONFORMANCE"] == "all"

  /// Whether messages are as they are by default.
  private var isPlain: Bool { !isJSON && encoding == .identity }
  /// Base64 and queries are around what other setups cover.
  private var isUsual: Bool {
    if isPlain { return true }
    switch encoding {
    case .identity, .gzip: return isJSON && speaks != .grpcWebText
    case .deflate, .zstd, .br: return !isJSON && speaks != .grpcWebText
    }
  }

  var server: Server {
    let proto: Connectrpc_Conformance_V1_Protocol =
      switch speaks {
      case .grpc: .grpc
      case .grpcWeb, .grpcWebText: .grpcWeb
      case .connect, .connectGET: .connect
      }
    return Server(speaks: proto, carrier: carrier, wantsClientCertificate: wantsClientCertificate)
  }

  /// The cases that this client can play, and whose expectations are the server's.
  var cases: [Case] {
    DefinedCases.all.filter { aCase in
      if speaks == .connectGET, aCase.kind != .idempotentUnary { return false }
      if aCase.kind == .fullDuplex, !carrier.isHTTP2 { return false }
      if aCase.request.hasCancel || aCase.request.messageReceiveLimit > 0 { return false }
      if aCase.request.hasTimeoutMs, aCase.request.timeoutMs == 0 { return false }
      if aCase.name.contains("server's limit") {
        // The size of a message in JSON is another.
        return !isJSON && speaks != .connectGET
      }
      if speaks == .connectGET, aCase.name.contains("large") { return false }
      // One code is like another, except in the table of Connect's names and statuses.
      let isError = aCase.definition?.error.map { aCase.name.hasSuffix("error \($0.code)") } ?? false
      return !isError || isPlain && !carrier.usesTLS || Self.isComplete || aCase.definition?.error?.code == .aborted
    }
  }
}

extension Case {
  fileprivate var name: String { request.testName }
}

extension WebSetup.Server {
  func request(receiveLimit: Int) -> ServerCompatRequest {
    .with {
      $0.protocol = speaks
      $0.httpVersion = carrier.isHTTP2 ? .httpVersion2 : .httpVersion1
      $0.messageReceiveLimit = UInt32(receiveLimit)
      guard carrier.usesTLS else { return }
      $0.useTls = true
      $0.serverCreds = Setup.serverCredentials.creds
      if wantsClientCertificate { $0.clientTlsCert = Data(Setup.clientCredentials.certificatePEM) }
    }
  }

  var identity: TestCertificate? { wantsClientCertificate ? Setup.clientCredentials : nil }
}
