// The one exit of a call.
import FreshetCore
import FreshetHTTP
import FreshetTransport
import Logging
import NIOCore
import Synchronization

extension ServerCall {
  /// How a call ends.
  enum Conclusion {
    /// Its handler has returned all responses.
    case succeeded
    /// A status that follows the messages sent: the handler's error, or an error in the requests.
    case answered(Status, ServerCallOutcome.Cause, details: [UInt8]? = nil, Metadata = Metadata())
    /// A status that is sent at once, whatever the handler does: its task is cancelled, and its later sends throw the
    /// error.
    case aborted(RPCError, ServerCallOutcome.Cause)
    /// The stream is closed, so nothing can be sent. The handler's task is cancelled.
    case lost(RPCError, ServerCallOutcome.Cause)
    /// The request did not become a call.
    case refused(CallRefusal)
  }

  /// Every call ends here. The first conclusion counts: the handler's end, the deadline, the client's reset and the
  /// drain race with each other.
  func conclude(_ conclusion: Conclusion) {
    assert(stream.executor.isCurrent)
    if case .succeeded = conclusion { sendHead() }  // which may itself end the call
    guard case .send = beginAnswer() else { return }
    let wasHeadSent = state.isHeadSent
    if case .succeeded = conclusion, finishPlainly() {
      if let observation { tell(observation, conclusion, .ok, wasHeadSent) }
      return
    }
    let status = end(by: conclusion)
    if let observation { tell(observation, conclusion, status, wasHeadSent) }
  }

  /// - Returns: the status to send, if any can be.
  private func end(by conclusion: Conclusion) -> Status {
    switch conclusion {
    case .succeeded: return finish(.ok)
    case .answered(let status, _, let details, let metadata): return finish(status, details, metadata)
    case .aborted(let error, _):
      let ending = wire.ending(of: end(error.status), maxHeaderBytes: .max)
      send(ending, abortingWith: error)
      cancel(error)
      return ending.status
    case .lost(let error, _):
      cancel(error)
      return error.status
    case .refused(let refusal):
      refuse(refusal)
      return refusal.status
    }
  }

  private func tell(
    _ observation: ServerCallObservation, _ conclusion: Conclusion, _ status: Status, _ wasHeadSent: Bool
  ) {
    var httpStatus: Int?
    let cause: ServerCallOutcome.Cause
    switch conclusion {
    case .succeeded: cause = .handler
    case .answered(_, let known, _, _), .aborted(_, let known), .lost(_, let known): cause = known
    case .refused(let refusal): (cause, httpStatus) = (.refusal, refusal.httpStatus)
    }
    observation.callEnded(
      status, httpStatus: httpStatus, cause, wasHeadSent: wasHeadSent, at: stream.executor.time)
  }

  private func beginAnswer() -> ServerCallState.OnAnswer {
    if case .collecting = state.phase { intake.request = nil }  // no handler takes it
    return state.phase.answer()
  }

  private var wire: any CallWire { head?.wire ?? options.defaultWire }

  /// The usual end: a constant.
  @inline(__always)
  private func finishPlainly() -> Bool {
    if !state.isHeadSent { return finishHeld() }
    guard let head = state.head.borrowed, shared.withLock({ $0.trailers.isEmpty }) else { return false }
    return head._withUnsafeGuaranteedRef { head in
      if head.plainEnd == nil { return false }
      stream.finish(trailers: head.plainEnd)
      return true
    }
  }

  /// The usual end of a call whose response was held: no metadata, no compression.
  @inline(never)
  private func finishHeld() -> Bool {
    guard let rare = state.rare, let response = rare.state.heldResponse, !response.isCompressed, let head else {
      return false
    }
    let isPlain = shared.withLock {
      $0.trailers.isEmpty && $0.metadata.isEmpty && $0.headMetadata?.isEmpty != false
    }
    guard isPlain, let fields = head.wire.heldHead(bodyBytes: response.frame.readableBytes) else { return false }
    rare.state.heldResponse = nil
    state.isHeadSent = true
    stream.sendResponseHeaders(fields)
    try? stream.enqueue(response.frame)  // fails if the stream is closed
    stream.finish()
    return true
  }

  private func finish(_ status: Status, _ details: [UInt8]? = nil, _ metadata: Metadata = Metadata()) -> Status {
    var end = end(status)
    end.details = details
    end.trailingMetadata = shared.withLock { $0.trailers }
    end.trailingMetadata.add(contentsOf: metadata)
    dropInvalid(&end.trailingMetadata)
    if !state.isHeadSent {
      var initial = shared.withLock { $0.headMetadata ?? $0.metadata }
      dropInvalid(&initial)
      end.initialMetadata = initial
    }
    if status == .ok, let response = state.rare?.state.heldResponse.take() {
      end.response = response.frame
      if response.isCompressed { end.compression = shared.withLock { $0.encoding.settle(for: head) } }
    }
    let maxBytes = stream.maxPeerHeaderListBytes
    let ending = wire.ending(of: end, maxHeaderBytes: maxBytes)
    if let loss = ending.loss { logCut(.statusCut, loss, maxBytes) }
    send(ending)
    return ending.status
  }

  private func end(_ status: Status) -> CallEnd {
    CallEnd(status, initialMetadata: state.isHeadSent ? nil : Metadata())
  }

  /// - Parameter error: if the handler may still send.
  private func send(_ ending: CallEnding, abortingWith error: RPCError? = nil) {
    if ending.isBroken {
      let status = ending.status
      return stream.reset(.internalError, error: error ?? RPCError(code: status.code, message: status.message))
    }
    if let head = ending.head {
      state.isHeadSent = true
      if ending.body == nil, ending.trailers == nil { return stream.sendResponseOnly(head) }
      stream.sendResponseHeaders(head)
    }
    switch (error, ending.body, ending.trailers) {
    case (let error?, let body?, _): stream.abort(body: body, error: error)
    case (let error?, nil, let trailers): stream.abort(trailers: trailers ?? [:], error: error)
    case (nil, let body, let trailers):
      if let body { try? stream.enqueue(body) }  // fails if the stream is closed
      stream.finish(trailers: trailers)
    }
  }

  private func refuse(_ refusal: CallRefusal) {
    state.isHeadSent = true
    if refusal.httpStatus != nil { return answerStranger(refusal) }
    let ending = CallEnding(refusal.status, head: refusal.head, body: refusal.body)
    send(ending, abortingWith: .callWasRefused)
    stream.fail(.callWasRefused)
  }

  /// Answers a request that is not a call, and waits a while for its end: a client that does not know S12 might take a
  /// reset for a failure, and HTTP/2 violations in the rest of the request are to be reported as such.
  private func answerStranger(_ refusal: CallRefusal) {
    let executor = stream.executor, now = executor.now
    stream.sendRefusal(refusal.head, body: refusal.body, error: .callWasRefused)
    state.timer = executor.timers.set(self, at: now + TimeAmount(options.connection.lingerTimeout), now: now)
  }

  private func cancel(_ error: RPCError) {
    cancelTimer()
    stream.dropFetched()  // first: a reader that knows of the end gets no message
    shared.withLock { if $0.end == nil { $0.end = error } }
    stream.fail(error)
    if state.isInLine { connection.callLeftLine() }
    cancelTask()
  }

  // MARK: Losses

  /// A client may set a limit so low that nothing fits: no reason to fill the log.
  func logCut(_ kind: LogKind, _ reason: String, _ maxBytes: Int) {
    let usual = 8 * 1024
    log(kind, level: maxBytes < usual ? .debug : .error, reason: reason)
  }

  func log(_ kind: LogKind, level: Logger.Level = .error, reason: @autoclosure () -> String) {
    options.log.write(
      kind, level: level, peer: nil, on: stream.executor,
      metadata: ["method": "\(method)", "request-id": "\(requestID)", "error": "\(reason())"])
  }

  /// Invalid metadata is dropped and logged, since the call's outcome matters more.
  func dropInvalid(_ metadata: inout Metadata) {
    if metadata.isEmpty { return }
    do throws(RPCError) {
      try metadata.validate()
    } catch {
      log(.metadataLost, reason: "\(error)")
      metadata.removeAll { key, value in
        var one = Metadata()
        one.add(value, for: key)
        return (try? one.validate()) == nil
      }
    }
  }
}
