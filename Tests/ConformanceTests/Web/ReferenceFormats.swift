// The formats that the reference client reads, written apart from those under test.
import ConformanceStubs
import ConformanceSupport
import Foundation
import Freshet
import FreshetCompressions
import FreshetCore

import GoogleRPC
import NIOCore
import SwiftProtobuf
import TestSupport

typealias RPCStatus = Google_Rpc_Status

/// A body of messages behind their prefixes.
struct Envelopes {
  let all: [(flag: UInt8, message: [UInt8])]

  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...], all: [(flag: UInt8, message: [UInt8])] = []
    while !rest.isEmpty {
      guard rest.count >= 5, let flag = rest.first else { throw PeerFailure(description: "the body ends in a prefix") }
      let count = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
      guard rest.count >= 5 + count else { throw PeerFailure(description: "the body ends in a message") }
      all.append((flag, Array(rest.dropFirst(5).prefix(count))))
      rest = rest.dropFirst(5 + count)
    }
    self.all = all
  }
}

extension WebSetup.Encoding {
  private var algorithm: Compression {
    switch self {
    case .identity, .gzip: .gzip
    case .deflate: .deflate
    case .zstd: .zstd
    case .br: .brotli
    }
  }

  func compress(_ bytes: [UInt8]) throws -> [UInt8] {
    Array(try algorithm.compress(ByteBuffer(bytes: bytes)).readableBytesView)
  }

  func decompress(_ bytes: [UInt8]) throws -> [UInt8] {
    Array(try algorithm.decompress(ByteBuffer(bytes: bytes), maxBytes: 16 << 20).readableBytesView)
  }
}

extension Base64 {
  static func padded(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  /// Groups of four, each of which may end a run.
  static func runs(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: text.count, by: 4) {
      guard let group = Data(base64Encoded: Data(text[start..<start + 4])) else { return nil }
      bytes += group
    }
    return bytes
  }
}

extension ErrorDefinition {
  /// Reads Connect's error, and complains of all that the document of the protocol does not have.
  init(connectJSON json: [UInt8], _ feedback: inout [String]) {
    self.init()
    guard let error = (try? JSONSerialization.jsonObject(with: Data(json))) as? [String: Any] else {
      feedback.append("the error is not an object of JSON: \(String(decoding: json, as: UTF8.self))")
      return
    }
    for key in error.keys where !["code", "message", "details"].contains(key) {
      feedback.append("the error has \(key)")
    }
    code = Self.code(named: error["code"] as? String ?? "")
    if code == .unspecified { feedback.append("the error's code is \(error["code"] ?? "absent")") }
    if let text = error["message"] {
      message = text as? String ?? ""
      if !(text is String) { feedback.append("the error's message is \(text)") }
    } else {
      message = ""
    }
    guard let list = error["details"] else { return }
    for detail in list as? [[String: Any]] ?? [[:]] {
      for key in detail.keys where !["type", "value", "debug"].contains(key) { feedback.append("a detail has \(key)") }
      guard let type = detail["type"] as? String, !type.contains("/"), let value = detail["value"] as? String,
        !value.contains("="), let bytes = Base64.decode(value.utf8)
      else {
        feedback.append("the detail \(detail) is not a type and unpadded base64")
        continue
      }
      details.append(.with { ($0.typeURL, $0.value) = ("type.googleapis.com/\(type)", Data(bytes)) })
    }
  }

  private static func code(named name: String) -> Connectrpc_Conformance_V1_Code {
    Connectrpc_Conformance_V1_Code.allCases.first { $0 != .unspecified && $0.connectName == name } ?? .unspecified
  }
}

extension Connectrpc_Conformance_V1_Code {
  /// W38.
  private var row: (name: String, httpStatus: Int) {
    switch self {
    case .canceled: ("canceled", 499)
    case .unknown: ("unknown", 500)
    case .invalidArgument: ("invalid_argument", 400)
    case .deadlineExceeded: ("deadline_exceeded", 504)
    case .notFound: ("not_found", 404)
    case .alreadyExists: ("already_exists", 409)
    case .permissionDenied: ("permission_denied", 403)
    case .resourceExhausted: ("resource_exhausted", 429)
    case .failedPrecondition: ("failed_precondition", 400)
    case .aborted: ("aborted", 409)
    case .outOfRange: ("out_of_range", 400)
    case .unimplemented: ("unimplemented", 501)
    case .internal: ("internal", 500)
    case .unavailable: ("unavailable", 503)
    case .dataLoss: ("data_loss", 500)
    case .unauthenticated: ("unauthenticated", 401)
    case .unspecified, .UNRECOGNIZED: ("", 0)
    }
  }

  var connectName: String { row.name }
  var httpStatus: Int { row.httpStatus }
}
