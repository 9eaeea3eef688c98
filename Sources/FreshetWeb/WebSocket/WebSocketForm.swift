// A WebSocket in the body of a stream.
import FreshetCore
import FreshetHTTP
import FreshetTransport
import FreshetWebSocket
import NIOCore

/// Runs the session of one WebSocket on the bytes of its stream, whichever carrier has it.
/// Confined to the stream's loop.
// SAFETY: everything but the constants, which are Sendable, is used on the loop of its stream.
final class WebSocketForm: DuplexForm, WebSocketWatchDelegate, @unchecked Sendable {
  struct State {
    var session: WebSocketSession
    unowned var stream: TransportStream?
    var watch: WebSocketWatch?
    var isOpen = false
    /// Whether the application has closed it, so that the peer's close is an answer, whatever its code.
    var isClosing = false
    var end: BodyEnd?
    var pingTime: NIODeadline?
  }

  @exclusivity(unchecked) private var state: State
  private let times: WebSocketTimes
  let report = WebSocketReport()
  let intake = WebSocketIntake()
  /// The limit of whole messages.
  let maxWholeBytes: Int
  /// The room for the longest head of a frame.
  static let prefixBytes = HeadBytes.maxCount

  init(_ session: WebSocketSession, _ times: WebSocketTimes) {
    state = State(session: session)
    self.times = times
    maxWholeBytes = session.limits.maxMessageBytes
  }

  var heldBytes: Int { state.session.counts().heldBytes }
  var partialBytes: Int { state.session.counts().partialBytes }

  // The session keeps its own limit, which does not apply to parts.
  var maxMessageBytes: Int { Int(Int32.max) }

  // MARK: From the stream

  func attach(to stream: TransportStream) {
    state.stream = stream
    state.watch = WebSocketWatch(times, on: stream.executor, for: self)
  }

  /// The handshake is accepted: what is sent from now on are messages, and no longer the body of a refusal.
  func open() {
    state.isOpen = true
    state.stream?.sendOutputOfForm()
  }

  func detach() {
    report.close(.abnormal, "")  // unless the peer has closed before
    state.watch?.stop()
    state.stream = nil
  }

  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError) {
    guard let stream = state.stream else { return }
    let now = stream.executor.now
    state.watch?.hear(at: now)
    state.session.carrierUnreadBytes = stream.bufferedBytes
    state.session.receive(bytes, now: now)
    deliver(to: stream)
  }

  func finish(into framed: inout ByteBuffer) throws(RPCError) {
    state.session.receiveEnd()
    if let stream = state.stream { deliver(to: stream) }
  }

  func resume(into framed: inout ByteBuffer) throws(RPCError) {
    guard let stream = state.stream else { return }
    state.session.carrierUnreadBytes = stream.bufferedBytes
    state.session.resume()
    deliver(to: stream)
  }

  /// Messages are given back when all of a read were taken: what is received then does not share their memory.
  private func deliver(to stream: TransportStream) {
    var count: Int
    repeat {
      count = 0
      var bytes = 0
      while let event = state.session.next() {
        switch event {
        case .message(let kind, let payload):
          (count, bytes) = (count &+ 1, bytes &+ payload.readableBytes)
          stream.deliver(MessageDeframer.Message(mark: WebSocketItem(kind, isLast: true).rawValue, payload: payload))
        case .part(let kind, let payload, let isLast):
          (count, bytes) = (count &+ 1, bytes &+ payload.readableBytes)
          stream.deliver(MessageDeframer.Message(mark: WebSocketItem(kind, isLast: isLast).rawValue, payload: payload))
        case .ping: break
        case .pong: receivePong()
        case .closed(let close): end(close.code, close.reason, error(of: close), hasUnread: stream.bufferedBytes > 0)
        case .failed(let failure):
          end(failure.code, failure.message, failure, hasUnread: stream.bufferedBytes > 0)
        }
      }
      if count == 0 { return }
      state.session.carrierUnreadBytes = stream.bufferedBytes
      state.session.giveBack(messages: count, bytes: bytes)
    } while state.session.counts().hasEvents
  }

  /// What is received from now on is given out in parts, or in whole messages from the next one on.
  func deliverParts(_ areWanted: Bool) {
    state.session.deliversParts = areWanted
    if areWanted { state.stream?.takeMoreFromForm() }
  }

  private func error(of close: CloseFrame) -> WebSocketError? {
    if close.code.isRegular || state.isClosing { return nil }
    let reason = close.reason.isEmpty ? "without a reason" : "“\(close.reason)”"
    return WebSocketError(.closedByPeer, code: close.code, "the peer has closed the WebSocket \(reason)")
  }

  /// The application sends its close when it has seen the end. One that does not read has nothing to say to what it has
  /// not seen, so the peer need not wait long for it.
  private func end(_ code: CloseCode, _ reason: String, _ error: WebSocketError?, hasUnread: Bool) {
    report.close(code, reason)
    state.end = BodyEnd(error.map { RPCError($0) })
    state.watch?.waitForClose(in: hasUnread ? times.close : min(times.close, times.answer))
  }

  func takeEnd() -> BodyEnd? { state.end.take() }

  // MARK: Output

  func takeOutput() -> ByteBuffer? {
    if !state.isOpen || state.session.counts().outputBytes == 0 { return nil }
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
      case .textPart: try sendPart(message, .text, isLast: false)
      case .binaryPart: try sendPart(message, .binary, isLast: false)
      case .lastText: try sendPart(message, .text, isLast: true)
      case .lastBinary: try sendPart(message, .binary, isLast: true)
      case .close, nil: close(message)
      }
    } catch {
      throw RPCError(error)
    }
    return takeOutput() ?? ByteBuffer()
  }

  private func sendPart(
    _ message: ByteBuffer, _ kind: WebSocketMessageKind, isLast: Bool
  ) throws(WebSocketError) {
    var payload = message
    payload.moveReaderIndex(forwardBy: Self.prefixBytes)
    try state.session.sendPart(payload, as: kind, isLast: isLast)
  }

  private func close(_ command: ByteBuffer) {
    var command = command
    command.moveReaderIndex(forwardBy: Self.prefixBytes)
    let code = CloseCode(rawValue: command.readInteger() ?? CloseCode.normal.rawValue)
    state.isClosing = true
    close(code, reason: String(buffer: command))
  }

  private func close(_ code: CloseCode, reason: String) {
    let isFirst = state.session.closeState.isSending
    report.closeHere()
    state.session.close(code, reason: reason)
    if isFirst { state.watch?.waitForClose(in: times.close, anew: true) }
  }

  /// - Returns: why none can be sent.
  func sendPingNow() -> WebSocketError? {
    guard let stream = state.stream else {
      return WebSocketError(.lost, code: .abnormal, "nothing can be sent after the connection was lost")
    }
    do throws(WebSocketError) {
      try ping()
    } catch {
      return error
    }
    stream.sendOutputOfForm()
    return nil
  }

  private func ping() throws(WebSocketError) {
    state.pingTime = state.stream?.executor.now
    try state.session.ping(ByteBuffer())
  }

  private func receivePong() {
    guard let sent = state.pingTime.take(), let stream = state.stream else { return }
    report.measure(.nanoseconds((stream.executor.now - sent).nanoseconds))
  }

  func drain() { close(.goingAway, reason: "the server is shutting down") }

  // MARK: Time

  var holdsPeerBack: Bool { state.stream?.holdsPeerBack ?? false }

  func sendPing() {
    try? ping()
    state.stream?.sendOutputOfForm()
  }

  func peerIsSilent() {
    let error = WebSocketError(
      .lost, code: .policyViolation, "nothing came from the peer within \(times.pong) of a ping (pongTimeout)")
    report.close(.policyViolation, error.message)
    close(.policyViolation, reason: "no pong")
    state.stream?.sendOutputOfForm()
    state.stream?.endInbound(throwing: RPCError(error))
  }

  func closeIsOverdue() {
    guard let stream = state.stream else { return }
    let isFirst = state.session.closeState.isSending, isStuck = stream.unsentBytes > 0
    close(.normal, reason: "")
    stream.sendOutputOfForm()
    stream.endInbound(throwing: RPCError(.closeTimeout))
    if isFirst, !isStuck {
      // The server ends the connection (W72).
      if state.session.role == .server { stream.finish() }
      return
    }
    // A peer that does not answer, or does not take what was sent, is left. What the application has not read stays.
    stream.endOutbound(throwing: RPCError(.closeTimeout))
    stream.stopSending()
  }
}
