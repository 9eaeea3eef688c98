// Parses the headers of a request by gRPC's rules (grpc-wire.md S1–S5, S8, S9).
package import FreshetCore
package import FreshetHTTP
import FreshetText
import NIOCore

extension GRPCWire {
  package func readHead(
    _ section: HeaderSection, timeout: UnsafeRawBufferPointer?, _ router: Router, _ compressions: CompressionRegistry
  ) throws(CallRefusal) -> RequestHead {
    var scan = Scan()
    section.fields.forEach { name, value in scan.take(name, value, router) }
    guard scan.isPost else { throw .http(405, hasBody: section.fields.first(":method") != "HEAD") }
    if section.isTruncated {  // the content-type may have been dropped
      throw .grpc(.resourceExhausted, "the request's headers exceed the server's limit (maxHeaderListBytes)")
    }
    guard let subtype = scan.contentSubtype else { throw .http(415) }
    guard let route = scan.route else {
      throw .grpc(.unimplemented, "the server has no method \(printable(scan.path))")
    }
    guard let format = route.handler.format(subtype) else { throw .http(415) }
    if let timeout { _ = try duration(timeout) }
    let compression = try compression(scan.encoding, compressions)
    let wire = format == 0 ? self : GRPCWire(answering: subtype)
    return RequestHead(wire, route, format: format, section.fields, compression: compression)
  }

  package func duration(_ timeout: UnsafeRawBufferPointer, _ head: RequestHead) throws(CallRefusal) -> Duration? {
    try duration(timeout)
  }

  private func duration(_ timeout: UnsafeRawBufferPointer) throws(CallRefusal) -> Duration {
    if let duration = GRPCTimeout.parse(timeout) { return duration }
    throw .grpc(.internal, "grpc-timeout is malformed")
  }

  private func compression(
    _ encoding: String?, _ compressions: CompressionRegistry
  ) throws(CallRefusal) -> Compression? {
    guard let encoding, encoding != "identity" else { return nil }
    if let known = compressions[encoding] { return known }
    throw .grpc(
      .unimplemented, "the server cannot decompress “\(printable(encoding))”", accepting: compressions.acceptEncoding)
  }

  /// S6.
  package func accepts(_ compression: Compression, _ head: RequestHead) -> Bool {
    var isListed = false
    head.fields.forEach { name, value in
      guard name.count == 20, name.equals("grpc-accept-encoding") else { return }
      if compression.isListed(in: String(decoding: value, as: UTF8.self)) { isListed = true }
    }
    return isListed
  }

  /// All fields except pseudo-headers and those that gRPC itself uses.
  ///
  /// A `host` is left out, whether or not it contradicts `:authority`: gRFC A41 discards it, and a name that no handler
  /// sees misleads none. RFC 9113 §8.3.1 suggests refusing such a request, which gRPC's servers do not.
  package func metadata(in fields: HeaderFields) -> Metadata {
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

extension CallRefusal {
  /// A gRPC status as Trailers-Only, with an explanatory field.
  fileprivate static func grpc(_ code: Status.Code, _ message: String, accepting: String? = nil) -> CallRefusal {
    let status = Status(code: code, message: message)
    return CallRefusal(status: status, head: GRPCFields.trailersOnly(status, accepting: accepting))
  }

  /// Not gRPC: an HTTP status, and no gRPC status (S17). The response to HEAD has no body.
  fileprivate static func http(_ status: Int, hasBody: Bool = true) -> CallRefusal {
    // How a gRPC client would interpret it (C2).
    CallRefusal(
      status: Status(code: .unknown, message: "HTTP status \(status)"), httpStatus: status,
      head: GRPCFields.http(status: status), body: hasBody ? ByteBuffer(string: GRPCFields.httpBody) : nil)
  }
}
