// One attempt of a call: a stream on one connection, from the request's head to the status.
import FreshetCore
import FreshetHTTP
import FreshetText
import FreshetTransport

/// How an attempt ended.
enum AttemptEnd: Sendable {
  /// The server has sent a status, OK if there is no error.
  case status(RPCError?, trailers: Metadata)
  /// The server has ended the stream without a status. Messages received before are valid.
  case cut(RPCError)
  /// The stream was closed without a status.
  case closed(StreamEnd, TransportError?, wasAnswered: Bool)
  /// This side ends it, with this code if the request was sent.
  case failed(RPCError, ErrorCode)
}

/// Opens a request on a connection, and interprets the response. It reports to its call through the methods below, and
/// knows nothing else about it. A call is its own first attempt, so a plain call needs no second object.
// SAFETY: mutable state belongs to the loop of `stream.executor`.
class CallAttempt: LoopJob, TransportStreamDelegate, @unchecked Sendable {
  final let stream: TransportStream
  final let compressions: CompressionRegistry
  /// `/package.Service/Method`.
  final let method: String
  @exclusivity(unchecked) final var attempt = Progress()

  struct Progress {
    var state = AttemptState.waiting
    /// Interprets the response; nil for gRPC.
    var form: (any ResponseForm)?
    fileprivate var interimCount = 0
  }

  private static let maxInterimCount = 100

  init(_ stream: TransportStream, method: String, _ compressions: CompressionRegistry) {
    self.stream = stream
    self.method = method
    self.compressions = compressions
    super.init()
  }

  // MARK: Reports to its call

  /// The request's head, made when it can be sent.
  func requestHead() throws(RPCError) -> HeaderFields { callIsMissing() }
  /// The request's head was sent.
  func attemptOpened(to peer: @autoclosure () -> String) { callIsMissing() }
  /// The subchannel takes no more calls. The request was not sent.
  func attemptLostSubchannel() { callIsMissing() }
  /// The response has begun; its messages use this compression.
  func attemptReceivedHead(_ metadata: Metadata, _ compression: Compression?) { callIsMissing() }
  /// The stream may have messages.
  func attemptReceivedData() { callIsMissing() }
  /// The attempt is over.
  func attemptEnded(_ end: AttemptEnd) { callIsMissing() }
  /// See `TransportStreamDelegate.refuseMessage`.
  func refuseMessage(_ error: RPCError) { callIsMissing() }

  private func callIsMissing() -> Never { preconditionFailure("\(Self.self) has no call") }

  // MARK: From its connection

  enum Opening {
    /// It is open, or has ended.
    case done
    /// The connection takes no more calls, with this error.
    case wantsAnother(TransportError)
  }

  /// The connection has room for the request.
  final func open(on connection: TransportConnection) -> Opening {
    guard attempt.state.open() else { return .done }
    if let error = stream.refusalBehindEnd { return fail(error) }
    let fields: HeaderFields
    do throws(RPCError) { fields = try requestHead() } catch { return fail(error) }
    stream.delegate = self
    if let form = attempt.form { stream.useBodyFraming(.other(form)) }
    do throws(TransportError) {
      try connection.open(stream, fields)
    } catch {
      stream.delegate = nil
      if case .noMoreStreams = error.kind, attempt.state.renew() { return .wantsAnother(error) }
      return fail(.unsendable(error))
    }
    attemptOpened(to: connection.peer)
    return .done
  }

  private func fail(_ error: RPCError) -> Opening {
    attemptEnded(.failed(error, .cancel))
    return .done
  }

  // MARK: From the stream

  final func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {
    if attempt.state == .ended { return }  // our reset and the server's headers may cross
    if section.isTruncated {
      let message = "the response's headers exceed the limit (maxHeaderListBytes)"
      return attemptEnded(.failed(RPCError(code: .resourceExhausted, message: message), .cancel))
    }
    if let form = attempt.form { return receive(section.fields, endStream: endStream, in: form) }
    let head = ResponseHead.read(section)
    if endStream { return receiveTrailers(head) }
    if head.isInterim { return receiveInterim() }
    if attempt.state != .answered { receive(head) }
  }

  /// 1xx responses are skipped (C2), up to a limit: no legitimate use sends a hundred.
  final func receiveInterim() {
    attempt.interimCount += 1
    stream.bear(.interimResponses)
    if attempt.interimCount <= Self.maxInterimCount { return }
    let message = "the server sent more than \(Self.maxInterimCount) interim responses (1xx) to \(method), and no other"
    attemptEnded(.failed(RPCError(code: .internal, message: message), .enhanceYourCalm))
  }

  private final func receive(_ head: ResponseHead) {
    stream.commit()
    if let error = head.errorOfHead() { return attemptEnded(.failed(error, .cancel)) }
    var compression: Compression?
    if let encoding = head.encoding, encoding != "identity" {
      compression = compressions[encoding]
      if compression == nil {
        let message = "the server compresses with “\(printable(encoding))”, which this client does not know"
        return attemptEnded(.failed(RPCError(code: .internal, message: message), .cancel))
      }
    }
    if attempt.state.receiveHead() { attemptReceivedHead(head.metadata, compression) }
  }

  private final func receiveTrailers(_ trailers: ResponseHead) {
    let error = trailers.errorOfTrailers(isTrailersOnly: attempt.state == .sent)
    if attempt.state.end() { attemptEnded(.status(error, trailers: trailers.metadata)) }
  }

  final func receiveData() { attemptReceivedData() }

  final func receiveEndStream() {
    if let form = attempt.form {
      receiveEnd(in: form)
    } else if attempt.state.end() {
      attemptEnded(.cut(RPCError.of(.ended, connectionError: nil)))
    }
    stream.stopSending()
  }

  final func receiveClose(_ end: StreamEnd, connectionError: TransportError?) {
    if attempt.state == .ended { return }
    attemptEnded(.closed(end, connectionError, wasAnswered: attempt.state == .answered))
  }
}
