// How the ends of WebSockets and of calls say each other.
import FreshetCore
import FreshetWebSocket

extension RPCError {
  /// The same as a call's error, with the original as its cause.
  init(_ error: WebSocketError) {
    let code: Status.Code =
      switch error.kind {
      case .protocolViolation, .invalidText, .corruptCompression, .unexpectedKind: .invalidArgument
      case .tooBig, .flood: .resourceExhausted
      case .lost: .unavailable
      case .closedByPeer, .closed, .cancelled: .cancelled
      case .opening: .failedPrecondition
      case .invalidSetting: .invalidArgument
      }
    self.init(code: code, message: error.message, cause: error)
  }
}

extension WebSocketError {
  /// The end of a call as a WebSocket's.
  init(_ error: RPCError) {
    if let cause = error.cause as? WebSocketError {
      self = cause
    } else {
      self.init(.lost, code: .abnormal, error.message)
    }
  }

  static let closeTimeout = WebSocketError(.lost, code: .abnormal, "the peer did not answer the close in time")
}

extension CloseCode {
  /// The code for an error that an application has thrown (W73).
  init(thrown error: any Error) {
    self =
      switch error {
      case let error as WebSocketError where error.code.isSendable: error.code
      case let error as RPCError: CloseCode(error.code)
      case is CancellationError: .goingAway
      default: .internalError
      }
  }

  /// The code for a handler's status (W73).
  init(_ code: Status.Code) {
    self =
      switch code {
      case .ok: .normal
      case .invalidArgument, .outOfRange: .invalidData
      case .permissionDenied, .unauthenticated, .failedPrecondition: .policyViolation
      case .resourceExhausted: .tryAgainLater
      case .unavailable: .goingAway
      default: .internalError
      }
  }
}
