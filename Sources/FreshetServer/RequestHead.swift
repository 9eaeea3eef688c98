// Reads the headers of a request by gRPC's rules (grpc-wire.md S1–S5, S8, S9).
import FreshetCore
import FreshetHTTP
import FreshetText

/// What the headers of an acceptable request say, but for its time-out: requests that differ in nothing else share it.
final class RequestHead: Sendable {
  let route: Route
  /// How the client's messages are compressed; nil for identity.
  let compression: Compression?
  private let fields: HeaderFields

  /// What a request gets whose headers already decide.
  enum Refusal: Error {
    /// It is not gRPC: an HTTP status, and no gRPC status (S17). The answer to HEAD has no body.
    case http(status: Int, hasBody: Bool = true)
    /// A gRPC status in Trailers-Only, with fields that explain.
    case rpc(Status, accepting: String? = nil)
  }

  /// - Parameter timeout: the value of grpc-timeout, which is no part of the section.
  init(
    _ section: HeaderSection, timeout: UnsafeRawBufferPointer?, router: Router, compressions: CompressionRegistry
  ) throws(Refusal) {
    var scan = Scan()
    section.fields.forEach { name, value in scan.take(name, value, router) }
    guard scan.isPost else { throw .http(status: 405, hasBody: section.fields.first(":method") != "HEAD") }
    if section.isTruncated {  // the content-type may be among what was dropped
      let message = "the request's headers exceed the server's limit (maxHeaderListBytes)"
      throw .rpc(Status(code: .resourceExhausted, message: message))
    }
    guard let subtype = scan.contentSubtype else { throw .http(status: 415) }
    guard let route = scan.route else {
      throw .rpc(Status(code: .unimplemented, message: "the server has no method \(printable(scan.path))"))
    }
    guard subtype.isEmpty || subtype == route.handler.contentSubtype else { throw .http(status: 415) }
    _ = try Self.duration(timeout)
    compression = try Self.compression(scan.encoding, compressions)
    self.route = route
    fields = section.fields
  }

  /// The time that the client gives the call; nil if it sets none.
  static func duration(_ timeout: UnsafeRawBufferPointer?) throws(Refusal) -> Duration? {
    guard let timeout else { return nil }
    if let duration = GRPCTimeout.parse(timeout) { return duration }
    throw .rpc(Status(code: .internal, message: "grpc-timeout is malformed"))
  }

  private static func compression(
    _ encoding: String?, _ compressions: CompressionRegistry
  ) throws(Refusal) -> Compression? {
    guard let encoding, encoding != "identity" else { return nil }
    if let known = compressions[encoding] { return known }
    throw .rpc(
      Status(code: .unimplemented, message: "the server cannot decompress “\(printable(encoding))”"),
      accepting: compressions.acceptEncoding)
  }

  /// Whether the client lists this compression, and so may be sent messages made with it (S6). Read on demand, since
  /// most calls do not compress.
  func accepts(_ compression: Compression) -> Bool {
    var isListed = false
    fields.forEach { name, value in
      guard name.count == 20, name.equals("grpc-accept-encoding") else { return }
      if compression.isListed(in: String(decoding: value, as: UTF8.self)) { isListed = true }
    }
    return isListed
  }

  /// The request's own metadata: all fields but pseudo-headers and those that gRPC itself uses. Read on demand, since
  /// most handlers do not look.
  ///
  /// A `host` is left out, whether or not it contradicts `:authority`: gRFC A41 has it discarded, and a name that no
  /// handler sees misleads none. RFC 9113 §8.3.1 suggests to refuse such a request, which gRPC's servers do not.
  func makeMetadata() -> Metadata {
    var metadata = Metadata()
    fields.forEach { name, value in
      let isPseudo = name.first == UInt8(ascii: ":")
      if isPseudo || name.starts(with: "grpc-".utf8) || name.equals("te") || name.equals("content-type")
        || name.equals("host")
      {
        return
      }
      metadata.add(wireValue: value, for: String(decoding: name, as: UTF8.self))
    }
    return metadata
  }
}

/// One pass over the fields.
private struct Scan {
  var isPost = false
  var path = ""
  var route: Route?
  /// What follows `application/grpc+`, empty without it; nil for another content-type.
  var contentSubtype: String?
  var encoding: String?

  mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ router: Router) {
    switch name.count {
    case 5 where name.equals(":path"):
      route = router.find(value)
      if route == nil { path = String(decoding: value, as: UTF8.self) }
    case 7 where name.equals(":method"): isPost = value.equals("POST")
    case 12 where name.equals("content-type"): contentSubtype = ContentType.subtype(of: value)
    case 13 where name.equals("grpc-encoding"): encoding = String(decoding: value, as: UTF8.self)
    default: break
    }
  }
}
