// Bodies that carry a whole call: its head and its end besides its messages.
package import FreshetCore
package import FreshetHTTP
package import NIOCore

/// The body form of a stream that was opened for a call, but does not describe it: the head of the request comes in the
/// body, and both the head and the trailers of the response leave in it. Confined to the stream's loop.
package protocol TunnelForm: DuplexForm {
  /// What has arrived besides messages, in its order; nil if that is all.
  func nextEvent() -> TunnelEvent?

  /// Frames the head of the response.
  func frame(head: HeaderFields) -> ByteBuffer

  /// Frames the end of the response. The tunnel is closed behind it, and `TransportStream.endTunnel` follows when the
  /// peer has agreed.
  /// - Parameter isAborted: whether what the peer has not permitted yet is dropped.
  func frame(end: HeaderFields, isAborted: Bool) -> ByteBuffer

  /// Messages were read.
  func noteRead()
}

extension TunnelForm {
  package func takeEnd() -> BodyEnd? { nil }  // see `nextEvent`

  package var partialBytes: Int { 0 }  // the head comes before there is a reader

  package func resume(into framed: inout ByteBuffer) throws(RPCError) {}  // it holds nothing back
}

/// What happens to a call that comes through a tunnel.
package enum TunnelEvent {
  /// The head of the request.
  case head(HeaderSection, timeout: String?)
  /// The request's end.
  case end
  /// The peer has broken a rule; nothing more is read.
  case fault(RPCError)
  /// The peer has closed the tunnel before the call's end, or has lost it.
  case lost(StreamEnd)
  /// Both sides have closed the tunnel.
  case over
}

extension TransportStream {
  /// The form of the body, if the stream is a tunnel.
  var tunnel: (any TunnelForm)? {
    if case .tunnel(let form)? = loopState.framing { form } else { nil }
  }

  /// How many bytes of messages the form holds back until the peer permits them. While there are any, there is no room.
  package func withhold(_ bytes: Int) {
    assert(executor.isCurrent)
    noteOutbound(bytes &- outbound.withheldBytes)
    outbound.withheldBytes = bytes
    if hasRoomAgain { loopState.sender.wake()?.resume(returning: .success(())) }
  }

  /// Nothing follows what is queued: the stream ends.
  package func endTunnel() {
    assert(executor.isCurrent)
    switch outbound.end {
    case .open: outbound.end = .failed(.callIsOver, sendsRest: true)
    case .failed(let error, sendsRest: false): outbound.end = .failed(error, sendsRest: true)
    case .failed, .finished: return
    }
    resumeOutput()
  }

  func send(head fields: HeaderFields, through tunnel: any TunnelForm) {
    guard case .open = outbound.end else { return }
    queue(tunnel.frame(head: fields))
  }

  /// - Parameter error: what later sends throw.
  func send(end fields: HeaderFields, through tunnel: any TunnelForm, error: RPCError, isAborted: Bool = false) {
    guard case .open = outbound.end else { return }
    outbound.end = .failed(error)
    queue(tunnel.frame(end: fields, isAborted: isAborted))
    handleEvents(of: tunnel)
  }

  private func queue(_ output: ByteBuffer) {
    outbound.queue.append(output)
    noteOutbound(output.readableBytes)
    resumeOutput()
  }

  /// Does what came through the tunnel besides messages.
  func handleEvents(of tunnel: any TunnelForm) {
    while let event = tunnel.nextEvent() {
      switch event {
      case .head(let section, let timeout):
        guard var timeout else {
          loopState.call?.receiveHeaders(section, timeout: nil, endStream: false)
          continue
        }
        timeout.withUTF8 {
          loopState.call?.receiveHeaders(section, timeout: UnsafeRawBufferPointer($0), endStream: false)
        }
      case .end:
        loopState.inbound.finish()
        loopState.call?.receiveEndStream()
      case .fault(let error): loopState.inbound.finish(throwing: error)
      case .lost(let end): loseCall(end, tunnel)
      case .over: endTunnel()
      }
    }
  }

  /// Does what the tunnel reports without having received anything.
  package func handleEventsOfTunnel() {
    assert(executor.isCurrent)
    guard let tunnel else { return }
    handleEvents(of: tunnel)
    sendOutputOfForm()
    wakeReader()
  }

  /// The call is over though the stream goes on, for the last words of the tunnel, however much precedes them.
  private func loseCall(_ end: StreamEnd, _ tunnel: any TunnelForm) {
    if case .open = outbound.end { outbound.end = .failed(.callIsOver) }
    if let output = tunnel.takeOutput() { queue(output) }
    endTunnel()
    loopState.call.take()?.receiveClose(end, connectionError: nil)
    fail(.callIsOver)
  }
}
