// The head of a call that comes through a WebSocket.
import FreshetCore
import FreshetHTTP
import FreshetServer
import FreshetText
import FreshetWebSocket

/// A head as gRPC would have it over HTTP/2, made of the request that opened the WebSocket and of its first message.
final class TunnelledHead: HeaderSection {
  let isText: Bool

  init(_ fields: HeaderFields, isText: Bool, isTruncated: Bool) {
    self.isText = isText
    super.init(fields, isTruncated: isTruncated)
  }

  /// Parses the head as gRPC's own wire does.
  func read(
    timeout: UnsafeRawBufferPointer?, _ router: Router, _ compressions: CompressionRegistry
  ) throws(CallRefusal) -> RequestHead {
    let head = try GRPCWire.shared.readHead(self, timeout: timeout, router, compressions)
    return RequestHead(
      SocketCallWire(head, isText: isText), head.route, format: head.format, fields, compression: head.compression)
  }
}

/// What is known of a call before its head: the method, the format, and what a browser has added by itself.
struct SocketCallTarget: Sendable {
  /// Pseudo-headers, content type, and the fields of the opening that are metadata.
  private let fields: HeaderFields

  /// - Parameters:
  ///   - format: as in `application/grpc+format`.
  ///   - keepsCredentials: whether the cookies that browsers send along, whatever page opens the WebSocket, are kept.
  init(_ opening: HeaderFields, format: String, keepsCredentials: Bool) {
    var fields: HeaderFields = [":method": "POST", "content-type": "application/grpc+\(format)"]
    opening.forEach { name, value in
      let key = String(decoding: name, as: UTF8.self)
      switch key {
      case ":path": fields.append(":path", String(decoding: value.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self))
      case ":scheme", ":authority": fields.append(name, value)
      case "cookie", "authorization":
        if keepsCredentials { fields.append(name, value) }
      default:
        if !WebMetadata.isReserved(key), !Self.isOfOpening(key) { fields.append(name, value) }
      }
    }
    self.fields = fields
  }

  /// Fields that say nothing of the call.
  private static func isOfOpening(_ key: String) -> Bool {
    key.hasPrefix("accept") || key == "cache-control" || key == "pragma" || key == "range"
  }

  /// Adds the fields of the client's first message.
  /// - Parameter maxBytes: of those fields, counted as HTTP/2 does.
  /// - Returns: the head, and the value of `grpc-timeout`.
  /// - Throws: `INTERNAL` for a field that HTTP does not allow.
  func head(
    adding own: HeaderFields, isText: Bool, maxBytes: Int
  ) throws(RPCError) -> (TunnelledHead, timeout: String?) {
    if own.listBytes > maxBytes { return (TunnelledHead(fields, isText: isText, isTruncated: true), nil) }
    var all = fields, timeout: String?, problem: RPCError?
    own.forEach { name, value in
      guard isToken(name), value.allSatisfy(isFieldValueByte) else {
        problem = .dialect("the head has a field that HTTP does not allow: “\(printable(name))”")
        return
      }
      let key = String(decoding: name, as: UTF8.self)
      switch key {
      case "grpc-timeout": timeout = String(decoding: value, as: UTF8.self)
      case "grpc-encoding" where isText: break
      case _ where key.hasPrefix("grpc-") || !WebMetadata.isReserved(key): all.append(name, value)
      default: break  // those of HTTP and of gRPC-Web's clients, which are not about the call
      }
    }
    if let problem { throw problem }
    return (TunnelledHead(all, isText: isText, isTruncated: false), timeout)
  }
}
