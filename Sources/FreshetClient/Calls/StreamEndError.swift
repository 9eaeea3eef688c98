// The error of a call whose stream ended without a status (grpc-wire.md C3, C6).
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetTransport

extension RPCError {
  static func deadlinePassed(_ method: String) -> RPCError {
    RPCError(code: .deadlineExceeded, message: "the deadline of \(method) has passed")
  }

  /// The call's error for a stream that ended before its trailers.
  /// - Parameter lateMethod: the method if its deadline has passed, which the server may have noticed first (C4).
  static func of(_ end: StreamEnd, connectionError: TransportError?, lateMethod: String? = nil) -> RPCError {
    if case .resetByPeer(.cancel) = end, let lateMethod { return .deadlinePassed(lateMethod) }
    return switch end {
    case .ended:
      RPCError(code: .unknown, message: "the server ended the call without a grpc-status", origin: .peer)
    case .resetByPeer(let code):
      RPCError(
        code: Self.code(ofReset: code), message: "the server reset the call with \(code)",
        cause: HTTP2Error(.violation(code), "RST_STREAM with \(code)"), origin: .peer)
    case .resetByUs where connectionError != nil:
      RPCError(
        code: .internal, message: "the server broke HTTP: \(connectionError?.message ?? "")", cause: connectionError)
    case .resetByUs(let code):
      RPCError(
        code: .internal, message: "the server broke a rule of HTTP/2 (\(code)), so the call was reset",
        cause: HTTP2Error(.violation(code), "the stream was reset with \(code)"))
    case .unprocessed, .unsent, .leftOver:
      RPCError(
        code: .unavailable,
        message: "the server did not process the call: \(connectionError?.message ?? "it is going away")",
        cause: connectionError)
    case .connectionLost:
      RPCError(
        code: .unavailable, message: "the connection was lost: \(connectionError?.message ?? "it ended")",
        cause: connectionError)
    }
  }

  /// The call's error when a connection could not take it.
  static func unsendable(_ error: TransportError) -> RPCError {
    let code: Status.Code = if case .headersTooLarge = error.kind { .resourceExhausted } else { .unavailable }
    return RPCError(code: code, message: "the call could not be sent: \(error)", cause: error)
  }

  private static func code(ofReset code: ErrorCode) -> Status.Code {
    switch code {
    case .refusedStream: .unavailable
    case .cancel: .cancelled
    case .enhanceYourCalm: .resourceExhausted
    case .inadequateSecurity: .permissionDenied
    case .noError, .protocolError, .internalError, .flowControlError, .settingsTimeout, .frameSizeError,
      .compressionError, .connectError:
      .internal
    default: .unknown
    }
  }
}
