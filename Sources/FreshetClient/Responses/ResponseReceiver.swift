// Where the responses of a call go.
import FreshetCore
import FreshetTransport

/// How a call ended: its error, if any, and what came with the status.
struct CallEnd: Sendable {
  var error: RPCError?
  var trailers: Metadata
}

/// Who gets what a call receives.
enum ResponseReceiver {
  /// A method with one response: everything at once.
  case single(SingleResponse)
  /// A method with a stream of responses, whose messages are read from the call's stream.
  case stream(ResponseSignals)
}

/// What a reader of a response stream can wait for besides messages.
struct ResponseSignals: Sendable {
  /// The initial metadata, or the error without which there is none.
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
  @exclusivity(unchecked) private var message: MessageDeframer.Message?
  @exclusivity(unchecked) var metadata = Metadata()

  init(_ completion: Completion) { self.completion = completion }

  /// Takes what has come; gives partial messages back to the window, since the caller does wait for them.
  /// - Throws: what makes the response unusable.
  func collect(from stream: TransportStream, method: String) throws(RPCError) {
    while true {
      switch stream.poll() {
      case .message(let next):
        guard message == nil else {
          throw RPCError(code: .unimplemented, message: "the server sent more than one response to \(method)")
        }
        message = next
      case .wait: return stream.giveBackPartialMessage()
      case .end: return
      case .failure(let error): throw error
      }
    }
  }

  /// The status is here: the outcome is an error also where it was OK, but there is not one response.
  func finish(_ end: inout CallEnd, from stream: TransportStream, method: String) {
    if end.error == nil {
      do throws(RPCError) { try collect(from: stream, method: method) } catch { end.error = error }
    }
    if end.error != nil {
      if !metadata.isEmpty { end.error?.initialMetadata = metadata }
    } else if message == nil {
      end.error = RPCError(
        code: .unimplemented, message: "the server sent no response to \(method)", metadata: end.trailers)
    }
  }

  /// Tells the caller; once, behind `finish`.
  func tell(_ end: CallEnd) {
    if let error = end.error { return completion.resume(returning: .failure(error)) }
    guard let message else { preconditionFailure("a call ended well without its response") }
    completion.resume(returning: .success(Parts(message: message, metadata: metadata, trailers: end.trailers)))
  }
}
