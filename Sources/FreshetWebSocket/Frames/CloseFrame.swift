// What a close frame says: a code and a reason (RFC 6455 §5.5.1).
import FreshetText
package import NIOCore

/// The payload of a close.
package struct CloseFrame: Sendable, Hashable {
  /// A control frame's 125 bytes without the code's two.
  package static let maxReasonBytes = FrameHead.maxControlBytes - 2

  /// `noStatus` stands for an empty payload.
  package var code: CloseCode
  package var reason: String

  /// - Parameter reason: what exceeds 123 bytes is cut off.
  /// - Precondition: the code may be sent, or is `noStatus`.
  package init(_ code: CloseCode, reason: String = "") {
    precondition(code.isSendable || code == .noStatus, "the close code \(code) cannot be sent")
    self.code = code
    self.reason = code == .noStatus ? "" : Self.cut(reason)
  }

  /// A close as it came.
  package init(payload: UnsafeRawBufferPointer) throws(WebSocketError) {
    if payload.isEmpty {
      (code, reason) = (.noStatus, "")
      return
    }
    guard payload.count >= 2 else { throw .violation("a close frame's payload is one byte, which is half a code") }
    code = CloseCode(rawValue: UInt16(bigEndian: payload.loadUnaligned(as: UInt16.self)))
    guard code.isSendable else { throw .violation("a close frame has the code \(code), which must not be sent") }
    let text = UnsafeRawBufferPointer(rebasing: payload[2...])
    var validator = UTF8Validator()
    guard validator.accept(text) == nil, validator.isComplete else {
      throw WebSocketError(
        .invalidText, code: .invalidData,
        "the reason of a close with code \(code) is not UTF-8: \(printable(Array(text)))")
    }
    reason = String(decoding: text, as: UTF8.self)
  }

  package var payload: ByteBuffer {
    if code == .noStatus { return ByteBuffer() }
    var buffer = ByteBufferAllocator().buffer(capacity: 2 + reason.utf8.count)
    buffer.writeInteger(code.rawValue)
    buffer.writeString(reason)
    return buffer
  }

  /// The longest beginning that has whole code points and fits.
  private static func cut(_ reason: String) -> String {
    if reason.utf8.count <= maxReasonBytes { return reason }
    var scalars = String.UnicodeScalarView(), bytes = 0
    for scalar in reason.unicodeScalars {
      bytes += UTF8.width(scalar)
      if bytes > maxReasonBytes { break }
      scalars.append(scalar)
    }
    return String(scalars)
  }
}
