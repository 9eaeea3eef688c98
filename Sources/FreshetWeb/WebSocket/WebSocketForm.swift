// A WebSocket in the body of a stream.
import FreshetCore
import FreshetHTTP
import FreshetTransport
import FreshetWebSocket
import NIOCore
import Synchronization

/// Runs the session of one WebSocket on the bytes of its stream, whichever carrier has it, and keeps its time limits.
/// Confined to the stream's loop.
// SAFETY: everything but `report` is used on the loop of its stream.
final class WebSocketForm: DuplexForm, TimerTarget, @unchecked Sendable {
  struct State {
    var session: WebSocketSession
    unowned var stream: TransportStream?
    var isOpen = false
    var end: BodyEnd?
    var timer: TimerID?
    var wait = Wait.silence
    var lastHeard = NIODeadline.uptimeNanoseconds(0)
    var pingTime: NIODeadline?
  }

  /// What the timer is for.
  enum Wait {
    /// Silence of the peer. → pong, close
    case silence
    /// The answer to a ping. → silence, close
    case pong
    /// A close: this side's, which its application does not send; or the peer's answer. Final.
    case close
  }

  @exclusivity(unchecked) private var state: State
  private let times: WebSocketTimes
  let report: WebSocketReport
  /// The room for the longest head of a frame.
  static let prefixBytes = HeadBytes.maxCount

  init(_ session: WebSocketSession, _ times: WebSocketTimes, _ report: WebSocketReport) {
    state = State(session: session)
    self.times = times
    self.report = report
  }

  var heldBytes: Int { 0 }

  // The kind precedes each message.
  var maxMessageBytes: Int { state.session.limits.maxMessageBytes + 1 }

  // MARK: From the stream

  func attach(to stream: TransportStream) {
    state.stream = stream
    state.lastHeard = stream.executor.now
    if let silence = times.pingAfter { setTimer(in: silence) }
  }

  /// The handshake is accepted: what is sent from now on are messages, and no longer the body of a refusal.
  func open() {
    state.isOpen = true
    state.stream?.sendOutputOfForm()
  }

  func detach() {
    report.close(.abnormal, "")  // unless the peer has closed before
    cancelTimer()
    state.stream = nil
  }

  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError) {
    guard let executor = state.stream?.executor else { return }
    state.lastHeard = executor.now
    state.session.receive(bytes, now: state.lastHeard)
    deliver(into: &framed)
  }

  func finish(into framed: inout ByteBuffer) throws(RPCError) {
    state.session.receiveEnd()
    deliver(into: &framed)
  }

  private func deliver(into framed: inout ByteBuffer) {
    let hadUnread = state.stream?.hasUnreadBytes == true
    while let event = state.session.next() {
      switch event {
      case .message(let kind, let payload), .part(let kind, let payload, _):
        framed.writeInteger(UInt8(0))
        framed.writeInteger(UInt32(1 + payload.readableBytes))
        framed.writeInteger(WebSocketItem(kind).rawValue)
        framed.writeImmutableBuffer(payload)
        state.session.giveBack(payload)
      case .ping: break
      case .pong: receivePong()
      case .closed(let close):
        end(close.code, close.reason, error(of: close), hasUnread: hadUnread || framed.readableBytes > 0)
      case .failed(let failure):
        end(failure.code, failure.message, failure, hasUnread: hadUnread || framed.readableBytes > 0)
      }
    }
  }

  private func error(of close: CloseFrame) -> WebSocketError? {
    if close.code.isRegular { return nil }
    let reason = close.reason.isEmpty ? "without a reason" : "“\(close.reason)”"
    return WebSocketError(.closedByPeer, code: close.code, "the peer has closed the WebSocket \(reason)")
  }

  /// The application sends its close when it has seen the end. One that does not read has nothing to say to what it has
  /// not seen, so the peer need not wait long for it.
  private func end(_ code: CloseCode, _ reason: String, _ error: WebSocketError?, hasUnread: Bool) {
    report.close(code, reason)
    state.end = BodyEnd(error.map { RPCError($0) })
    waitForClose(in: hasUnread ? times.close : min(times.close, times.answer))
  }

  func takeEnd() -> BodyEnd? { state.end.take() }

  // MARK: Output

  func takeOutput() -> ByteBuffer? {
    if !state.isOpen || !state.session.hasOutput { return nil }
    var buffer = ByteBuffer()
    state.session.writeOutput(into: &buffer)
    return buffer
  }

  func frame(_ message: consuming ByteBuffer) throws(RPCError) -> ByteBuffer {
    if !state.isOpen { return message }
    let item = message.getInteger(at: message.readerIndex, as: UInt8.self).flatMap { WebSocketItem(rawValue: $0) }
    do throws(WebSocketError) {
      switch item {
      case .text: return try state.session.frame(message, room: Self.prefixBytes, as: .text)
      case .binary: return try state.session.frame(message, room: Self.prefixBytes, as: .binary)
      case .ping: try ping()
      case .close, nil: close(message)
      }
    } catch {
      throw RPCError(error)
    }
    return takeOutput() ?? ByteBuffer()
  }

  private func close(_ command: ByteBuffer) {
    var command = command
    command.moveReaderIndex(forwardBy: Self.prefixBytes)
    let code = CloseCode(rawValue: command.readInteger() ?? CloseCode.normal.rawValue)
    state.session.close(code, reason: String(buffer: command))
    waitForClose(in: times.close)
  }

  private func ping() throws(WebSocketError) {
    state.pingTime = state.stream?.executor.now
    try state.session.ping(ByteBuffer())
  }

  private func receivePong() {
    guard let sent = state.pingTime.take(), let stream = state.stream else { return }
    report.measure(.nanoseconds((stream.executor.now - sent).nanoseconds))
  }

  func drain() { closeByItself(.goingAway, "the server is shutting down") }

  private func closeByItself(_ code: CloseCode, _ reason: String) {
    state.session.close(code, reason: reason)
    waitForClose(in: times.close)
  }

  // MARK: Time

  private func waitForClose(in time: Duration) {
    if case .close = state.wait { return }
    state.wait = .close
    setTimer(in: time)
  }

  private func setTimer(in time: Duration) {
    cancelTimer()
    guard let executor = state.stream?.executor else { return }
    let now = executor.now
    state.timer = executor.timers.set(self, at: now + TimeAmount(time), now: now)
  }

  private func cancelTimer() {
    guard let timer = state.timer.take() else { return }
    state.stream?.executor.timers.cancel(timer)
  }

  func timerFired() {
    state.timer = nil
    guard let stream = state.stream else { return }
    switch state.wait {
    case .close:
      state.session.close(.normal)
      stream.sendOutputOfForm()
      stream.endInbound(throwing: RPCError(.closeTimeout))
      // The server ends the connection (W72); one that does not is left. What the application has not read stays.
      if state.session.role == .client { stream.stopSending() } else { stream.finish() }
    case .silence, .pong: checkSilence(stream)
    }
  }

  private func checkSilence(_ stream: TransportStream) {
    guard let limit = times.pingAfter else { return }
    let silence = Duration.nanoseconds((stream.executor.now - state.lastHeard).nanoseconds)
    if silence < limit {
      state.wait = .silence
      return setTimer(in: limit - silence)
    }
    if case .silence = state.wait {
      state.wait = .pong
      setTimer(in: times.pong)
      try? ping()
      return stream.sendOutputOfForm()
    }
    let error = WebSocketError(
      .lost, code: .policyViolation, "nothing came from the peer within \(times.pong) of a ping (pongTimeout)")
    report.close(.policyViolation, error.message)
    closeByItself(.policyViolation, "no pong")
    stream.sendOutputOfForm()
    stream.endInbound(throwing: RPCError(error))
  }
}

/// The time limits of a WebSocket.
struct WebSocketTimes: Sendable {
  /// nil: no pings.
  var pingAfter: Duration?
  var pong: Duration
  /// For the other side's close, or for the application's.
  var close: Duration
  /// For the close of an application that has read everything.
  var answer: Duration = .milliseconds(500)
}

/// What is known of a WebSocket on any thread.
final class WebSocketReport: Sendable {
  struct State {
    var code: CloseCode?
    var reason = ""
    var latency: Duration?
  }

  private let state = Mutex(State())

  var now: State { state.withLock { $0 } }

  /// The first end counts.
  func close(_ code: CloseCode, _ reason: String) {
    state.withLock { if $0.code == nil { ($0.code, $0.reason) = (code, reason) } }
  }

  func measure(_ latency: Duration) { state.withLock { $0.latency = latency } }
}
