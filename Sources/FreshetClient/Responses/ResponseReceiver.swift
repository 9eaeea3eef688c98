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

  /// Tells the caller; once.
  func finish(_ end: CallEnd, method: String) {
    if var error = end.error {
      if !metadata.isEmpty { error.initialMetadata = metadata }
      return completion.resume(returning: .failure(error))
    }
    guard let message else {
      let error = RPCError(
        code: .unimplemented, message: "the server sent no response to \(method)", metadata: end.trailers)
      return completion.resume(returning: .failure(error))
    }
    completion.resume(returning: .success(Parts(message: message, metadata: metadata, trailers: end.trailers)))
  }
}
