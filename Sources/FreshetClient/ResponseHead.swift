// Reads the headers and trailers of a response (grpc-wire.md C2, C7, C8).
import FreshetCore
import FreshetHTTP2
import FreshetText

/// What one HEADERS block of a response says.
struct ResponseHead {
  var httpStatus: Int?
  var isGRPC = false
  /// `grpc-status` as it came; nil when there is none.
  private var statusText: String?
  private var message = ""
  private var details: [UInt8]?
  var encoding: String?
  var metadata: Metadata = [:]

  init(_ fields: HeaderFields) {
    fields.forEach { take($0, $1) }
  }

  private mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    if name.first == UInt8(ascii: ":") {
      if name.equals(":status") { httpStatus = Int(String(decoding: value, as: UTF8.self)) }
    } else if name.equals("content-type") {
      isGRPC = ContentType.subtype(of: value) != nil
    } else if name.count >= 5, UnsafeRawBufferPointer(rebasing: name[..<5]).equals("grpc-") {
      takeGRPC(name, value)
    } else {
      metadata.add(wireValue: value, for: String(decoding: name, as: UTF8.self))
    }
  }

  private mutating func takeGRPC(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    if name.equals("grpc-status") {
      statusText = String(decoding: value, as: UTF8.self)
    } else if name.equals("grpc-message") {
      message = PercentEncoding.decode(value)
    } else if name.equals("grpc-status-details-bin") {
      details = Base64.decode(value)
    } else if name.equals("grpc-encoding") {
      encoding = String(decoding: value, as: UTF8.self)
    }
  }

  /// Whether this is an interim response, after which the real one follows (RFC 9110 §15.2).
  var isInterim: Bool { httpStatus.map { (100..<200).contains($0) } ?? false }

  /// What the headers of a response that goes on make of the call: nil lets it go on.
  func errorOfHead() -> RPCError? {
    guard let httpStatus, httpStatus == 200 else { return errorOfHTTPStatus() }
    if isGRPC { return nil }
    return RPCError(
      code: .unknown, message: "the server's answer is not gRPC: its content-type is not application/grpc",
      metadata: metadata, origin: .peer)
  }

  /// The outcome that a block with END_STREAM says: nil for OK.
  /// - Parameter isTrailersOnly: whether it is also the first block of the response.
  func errorOfTrailers(isTrailersOnly: Bool) -> RPCError? {
    guard let statusText else {
      if isTrailersOnly, let error = errorOfHead() { return error }
      return RPCError(
        code: .unknown, message: "the response ended without a grpc-status", metadata: metadata, origin: .peer)
    }
    guard statusText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(statusText),
      let code = Status.Code(rawValue: number)
    else {
      return RPCError(
        code: .unknown, message: "the server sent the grpc-status “\(printable(statusText))”: \(message)", metadata: metadata,
        origin: .peer)
    }
    if code == .ok { return nil }
    return RPCError(code: code, message: message, details: details, metadata: metadata, origin: .peer)
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
