// Parses the headers and trailers of a response (grpc-wire.md C2, C7, C8).
package import FreshetCore
package import FreshetHTTP
import FreshetText

/// The content of one HEADERS block of a response. Immutable, since calls with equal response headers share it;
/// confined to their loop.
package final class ResponseHead {
  package private(set) var httpStatus: Int?
  private(set) var isGRPC = false
  private var status = StatusField.missing
  private var message = ""
  private var details: [UInt8]?
  private(set) var encoding: String?
  package private(set) var metadata = Metadata()

  /// The content of `grpc-status`.
  private enum StatusField {
    case missing, known(Status.Code)
    /// A number that gRPC does not define.
    case undefined(Int)
    case unreadable(String)
  }

  package init(_ fields: HeaderFields) {
    fields.forEach { take($0, $1) }
  }

  /// The content of the section, parsed when it is first received.
  static func read(_ section: HeaderSection) -> ResponseHead {
    if let known = section.reading as? ResponseHead { return known }
    let head = ResponseHead(section.fields)
    section.reading = head
    return head
  }

  private func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    if name.first == UInt8(ascii: ":") {
      if name.equals(":status") { httpStatus = Self.number(value) }
    } else if name.equals("content-type") {
      isGRPC = ContentType.subtype(of: value) != nil
    } else if name.count >= 5, UnsafeRawBufferPointer(rebasing: name[..<5]).equals("grpc-") {
      takeGRPC(name, value)
    } else {
      metadata.add(wireValue: value, for: String(decoding: name, as: UTF8.self))
    }
  }

  private func takeGRPC(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    if name.equals("grpc-status") {
      status = Self.status(value)
    } else if name.equals("grpc-message") {
      message = PercentEncoding.decode(value)
    } else if name.equals("grpc-status-details-bin") {
      details = Base64.decode(value)
    } else if name.equals("grpc-encoding") {
      encoding = String(decoding: value, as: UTF8.self)
    }
  }

  private static func status(_ value: UnsafeRawBufferPointer) -> StatusField {
    guard let number = number(value) else { return .unreadable(String(decoding: value, as: UTF8.self)) }
    return Status.Code(rawValue: number).map { .known($0) } ?? .undefined(number)
  }

  /// A status of either kind; nil if it is not a number or exceeds 32 bits.
  private static func number(_ digits: UnsafeRawBufferPointer) -> Int? {
    if digits.isEmpty { return nil }
    var number: UInt64 = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      number = number * 10 + UInt64(digit - 0x30)
      guard number <= UInt32.max else { return nil }
    }
    return Int(exactly: number)
  }

  /// Whether there is a grpc-status.
  package var hasStatus: Bool {
    if case .missing = status { false } else { true }
  }

  /// Whether this is an interim response, after which the real one follows (RFC 9110 §15.2).
  var isInterim: Bool { httpStatus.map { (100..<200).contains($0) } ?? false }

  /// The error implied by the headers of a response that continues, if any.
  func errorOfHead() -> RPCError? {
    guard let httpStatus, httpStatus == 200 else { return errorOfHTTPStatus() }
    if isGRPC { return nil }
    return RPCError(
      code: .unknown, message: "the server's answer is not gRPC: its content-type is not application/grpc",
      metadata: metadata, origin: .peer)
  }

  /// The outcome in a block with END_STREAM: nil for OK.
  /// - Parameter isTrailersOnly: whether it is also the first block of the response.
  package func errorOfTrailers(isTrailersOnly: Bool) -> RPCError? {
    switch status {
    case .known(.ok): return nil
    case .known(let code):
      return RPCError(code: code, message: message, details: details, metadata: metadata, origin: .peer)
    case .undefined(let number):
      var error = RPCError(
        code: .unknown, message: "the server sent the status \(number), which gRPC does not define: \(message)",
        details: details, metadata: metadata, origin: .peer)
      error.undefinedCode = number
      return error
    case .unreadable(let text):
      return RPCError(
        code: .unknown, message: "the server sent the grpc-status “\(printable(text))”: \(message)", details: details,
        metadata: metadata, origin: .peer)
    case .missing:
      if isTrailersOnly, let error = errorOfHead() { return error }
      return RPCError(
        code: .unknown, message: "the response ended without a grpc-status", metadata: metadata, origin: .peer)
    }
  }

  private func errorOfHTTPStatus() -> RPCError {
    let code: Status.Code =
      switch httpStatus {
      case 400, 431: .internal
      case 401: .unauthenticated
      case 403: .permissionDenied
      case 404: .unimplemented
      case 429, 502, 503, 504: .unavailable
      default: .unknown
      }
    let status = httpStatus.map(String.init) ?? "none"
    return RPCError(
      code: code, message: "the server answered with the HTTP status \(status) instead of gRPC", metadata: metadata,
      origin: .peer)
  }
}
