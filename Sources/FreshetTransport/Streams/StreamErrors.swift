// The errors that a stream creates itself.
package import FreshetCore

extension InboundBatch {
  static func failure(_ error: RPCError) -> InboundBatch { InboundBatch(first: .failure(error)) }
}

extension RPCError {
  // Created once: each call ends with some of them, though few are ever seen.
  package static let callIsOver = RPCError(code: .cancelled, message: "the call is over")
  static let cancelledWhileReading = RPCError(
    code: .cancelled, message: "the task was cancelled while it waited for a message")
  static let cancelledWhileSending = RPCError(
    code: .cancelled, message: "the task was cancelled while it waited for room to send")
  package static let sentAfterEnd = RPCError(
    code: .internal, message: "a message was sent after the end of the stream")
  package static let loopIsShutDown = RPCError(
    code: .unavailable, message: "the event loop of the call was shut down")
  static func twoTasks(_ verb: String) -> RPCError {
    RPCError(code: .internal, message: "two tasks \(verb) on one stream at the same time")
  }
}
