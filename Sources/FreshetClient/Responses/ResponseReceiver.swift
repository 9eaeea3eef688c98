// Receives the responses of a call.
import FreshetCore
import FreshetTransport

/// How a call ended: its error, if any, and its trailers.
struct CallEnd: Sendable {
  var error: RPCError?
  var trailers: Metadata
}

/// What a call's results are delivered to.
enum ResponseReceiver {
  /// A method with one response: everything at once.
  case single(SingleResponse)
  /// A method with a stream of responses, whose messages are read from the call's stream.
  case stream(ResponseSignals)
}

/// Events that a reader of a response stream can wait for, besides messages.
struct ResponseSignals: Sendable {
  /// The initial metadata, or the error if there is none.
  let head = OneShot<Result<Metadata, RPCError>>()
  let end = OneShot<CallEnd>()
}

/// Collects the parts of a call that has one response. Confined to the call's loop.
final class SingleResponse {
  struct Parts: Sendable {
    var message: MessageDeframer.Message
    var metadata: Metadata
    var trailers: Metadata
  }
  typealias Completion = UnsafeContinuation<Result<Parts, RPCError>, Never>

  private let completion: Completion
  @exclusivity(unchecked) private var state = State()

  private struct State {
    var message: MessageDeframer.Message?
    var metadata = Metadata()
  }

  init(_ completion: Completion) { self.completion = completion }

  func receive(_ metadata: Metadata) { state.metadata = metadata }

  /// Takes what has arrived; returns partial messages to the window, since the caller is waiting for them.
  /// - Throws: an error if the response is unusable.
  func collect(from stream: TransportStream, method: String) throws(RPCError) {
    while true {
      switch stream.poll() {
      case .message(let next):
        guard state.message == nil else {
          throw RPCError(code: .unimplemented, message: "the server sent more than one response to \(method)")
        }
        state.message = next
      case .wait: return stream.giveBackPartialMessage()
      case .end: return
      case .failure(let error): throw error
      }
    }
  }

  /// The status has arrived: even if OK, the outcome is an error unless there is exactly one response.
  func finish(_ end: inout CallEnd, from stream: TransportStream, method: String) {
    if end.error == nil {
      do throws(RPCError) { try collect(from: stream, method: method) } catch { end.error = error }
    }
    if end.error != nil {
      if !state.metadata.isEmpty { end.error?.initialMetadata = state.metadata }
    } else if state.message == nil {
      end.error = RPCError(
        code: .unimplemented, message: "the server sent no response to \(method)", metadata: end.trailers)
    }
  }

  /// Resumes the caller; once, after `finish`.
  func tell(_ end: CallEnd) {
    if let error = end.error { return completion.resume(returning: .failure(error)) }
    guard let message = state.message else { preconditionFailure("a call ended well without its response") }
    completion.resume(returning: .success(Parts(message: message, metadata: state.metadata, trailers: end.trailers)))
  }
}
