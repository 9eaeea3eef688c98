// The parts of a request's head that the web's protocols share.
import FreshetClient
import FreshetCore
import FreshetHTTP
import FreshetText
import NIOCore

extension WireRequest {
  /// The pseudo-headers.
  /// - Throws: `INTERNAL` for a path or a format that HTTP does not allow.
  func head(_ verb: String, _ target: String? = nil) throws(RPCError) -> HeaderFields {
    guard FieldText.isPath(path), FieldText.isToken(format) else {
      throw RPCError(
        code: .internal,
        message: "the method “\(printable(path))” in the format “\(printable(format))” cannot be called: a path is "
          + "visible ASCII, a format a token in lower case")
    }
    return [":method": verb, ":scheme": scheme, ":path": target ?? path, ":authority": authority]
  }

  /// Adds what follows the protocol's own fields.
  func finish(_ fields: inout HeaderFields) {
    fields.append("user-agent", userAgent)
    for (key, value) in metadata where key != "user-agent" && !WebMetadata.isReserved(key) {
      fields.append(key, value.wireText)
    }
  }
}

extension HeaderFields {
  /// The HTTP status of a response.
  var httpStatus: Int? { first(":status").flatMap { Int($0) } }
}

/// Bounds of responses.
enum ResponseLimits {
  /// The largest last frame of a response, and the largest error in JSON.
  static let maxEndBytes = 256 * 1024
}

extension RPCError {
  /// The response is compressed in an unknown way.
  static func unknownEncoding(_ name: String) -> RPCError {
    RPCError(
      code: .internal, message: "the server compresses with “\(printable(name))”, which this client does not know")
  }

  /// The HTTP status is the only answer.
  static func httpStatus(_ status: Int?, insteadOf protocol: String, metadata: Metadata) -> RPCError {
    RPCError(
      code: status.map { Status.Code(connectHTTPStatus: $0) } ?? .unknown,
      message: "the server answered with the HTTP status \(status.map(String.init) ?? "none") instead of \(`protocol`)",
      metadata: metadata, origin: .peer)
  }
}

extension CompressionRegistry {
  /// The compression that a response names.
  /// - Throws: `INTERNAL` for an unknown one.
  func ofResponse(_ fields: HeaderFields, in name: StaticString) throws(RPCError) -> Compression? {
    do throws(WebFault) {
      return try compression(of: fields, in: name)
    } catch {
      throw .unknownEncoding(fields.list(name).joined(separator: ","))
    }
  }
}

extension EndFrame.Payload {
  /// The content, decompressed.
  /// - Throws: `INTERNAL` without a compression, or for corrupt data.
  func content(_ compression: Compression?) throws(RPCError) -> [UInt8] {
    guard isCompressed else { return Array(bytes.readableBytesView) }
    guard let compression else {
      throw RPCError(
        code: .internal, message: "the end of the response is marked as compressed, but no compression was named")
    }
    return Array(try compression.decompress(bytes, maxBytes: ResponseLimits.maxEndBytes).readableBytesView)
  }
}
