// A call in the messages of a WebSocket.
import DequeModule
import FreshetCore
import FreshetHTTP
import FreshetServer
import FreshetTransport
import FreshetWebSocket
import NIOCore

/// The body of a stream that is a WebSocket with one call (web.md W90–W94).
///
/// ```text
/// awaitingHead ─ the first message ─▶ open ─ the response's end ─▶ closing ─ the peer's close ─▶ closed
///      └────────────── a fault, the peer's close, silence ─────────────────────────────────────────▲
/// ```
///
/// Confined to the stream's loop.
final class CallTunnel: TunnelForm, WebSocketWatchDelegate {
  private enum Phase: Equatable {
    /// The client owes the head of its request. → open, closed
    case awaitingHead
    /// → closing, closed
    case open(Hearing)
    /// The response's end and a close are sent. → closed
    case closing
    /// Both sides have closed, or the WebSocket is lost; nothing more is reported. Final.
    case closed
  }

  /// What is still wanted of the client, besides its close.
  private enum Hearing {
    /// → credits, nothing, garbled
    case all
    /// Its requests have ended. → nothing, garbled
    case credits
    /// It broke a rule of its dialect. → garbled
    case nothing
    /// It broke a rule of WebSocket, so that not even its close can be read. Final.
    case garbled
  }

  private let target: SocketCallTarget
  private let limits: TunnelLimits
  private let times: WebSocketTimes
  private var dialect: any CallDialect
  /// Whether the client may choose text by its first message.
  private let mayUseText: Bool
  private var phase = Phase.awaitingHead
  private var session: WebSocketSession
  private unowned var stream: TransportStream?
  private var watch: WebSocketWatch?
  private var headTimer: TimerID?
  private var events: Deque<TunnelEvent> = []
  private var permits = Permits()
  /// What the client may still send, once it was told.
  private var granted: UInt32 = 0

  /// How many messages a client may send before the handler has read them.
  private static let grant: UInt32 = 256

  init(_ target: SocketCallTarget, _ subprotocol: CallSubprotocol, isJSON: Bool, _ limits: TunnelLimits) {
    self.target = target
    self.limits = limits
    times = WebSocketOptions().times
    dialect = subprotocol == .freshet ? FrameDialect() : GRPCWebSocketsDialect()
    mayUseText = subprotocol == .freshet && isJSON
    var bounds = WebSocketLimits()
    // What precedes a message; what is too large for the call is refused by the call.
    bounds.maxMessageBytes = min(Int(Int32.max), limits.maxMessageBytes + 1 + MessageFramer.prefixBytes)
    session = WebSocketSession(role: .server, limits: bounds, deflate: nil, minimumDeflatedBytes: 0)
  }

  private var isOpen: Bool {
    if case .open = phase { true } else { false }
  }

  var heldBytes: Int { 0 }
  var maxMessageBytes: Int { limits.maxMessageBytes }

  // MARK: From the stream

  func attach(to stream: TransportStream) {
    self.stream = stream
    watch = WebSocketWatch(times, on: stream.executor, for: self)
    headTimer = HeadLimit.set(for: self, in: limits.headTimeout, on: stream.executor)
  }

  func detach() {
    phase = .closed
    watch?.stop()
    stopHeadTimer()
    stream = nil
  }

  private func stopHeadTimer() {
    if let timer = headTimer.take() { stream?.executor.timers.cancel(timer) }
  }

  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError) {
    guard let executor = stream?.executor else { return }
    let now = executor.now
    watch?.hear(at: now)
    session.receive(bytes, now: now)
    deliver(into: &framed)
  }

  func finish(into framed: inout ByteBuffer) throws(RPCError) {
    session.receiveEnd()
    deliver(into: &framed)
  }

  func nextEvent() -> TunnelEvent? { events.popFirst() }

  private func deliver(into framed: inout ByteBuffer) {
    while let event = session.next() {
      switch event {
      case .message(let kind, let payload), .part(let kind, let payload, _):
        session.giveBack(payload)
        receive(kind, payload, into: &framed)
      case .ping, .pong: break
      case .closed: receiveClose()
      case .failed(let error): receive(error)
      }
    }
  }

  // MARK: Messages

  private func receive(_ kind: WebSocketMessageKind, _ message: ByteBuffer, into framed: inout ByteBuffer) {
    do throws(RPCError) {
      switch phase {
      case .awaitingHead: try receiveHead(kind, message)
      case .open(.all), .open(.credits): try receive(try dialect.read(kind, message), into: &framed)
      case .open(.nothing), .open(.garbled), .closing, .closed: break
      }
    } catch {
      fail(error)
    }
  }

  private func receiveHead(_ kind: WebSocketMessageKind, _ message: ByteBuffer) throws(RPCError) {
    if kind == .text, mayUseText { dialect = TextDialect() }
    let fields = try dialect.readHead(kind, message)
    let (head, timeout) = try target.head(
      adding: fields, isText: dialect.kind == .text, maxBytes: limits.maxHeaderListBytes)
    phase = .open(.all)
    stopHeadTimer()
    events.append(.head(head, timeout: timeout))
    grantCredit()
  }

  private func receive(_ item: CallItem, into framed: inout ByteBuffer) throws(RPCError) {
    let isBehindEnd = phase != .open(.all)
    switch item {
    case .message where isBehindEnd, .bytes where isBehindEnd, .end where isBehindEnd: break
    case .message(let message, let isCompressed):
      granted = granted > 0 ? granted - 1 : 0
      framed.writeInteger(UInt8(isCompressed ? 1 : 0))
      framed.writeInteger(UInt32(message.readableBytes))
      framed.writeImmutableBuffer(message)
    case .bytes(let bytes): framed.writeImmutableBuffer(bytes)
    case .end:
      phase = .open(.credits)
      events.append(.end)
    case .credit(let count):
      permits.add(count)
      release()
    }
  }

  func noteRead() {
    if isOpen, stream?.hasUnreadBytes == false { grantCredit() }
  }

  private func grantCredit() {
    let missing = Self.grant - granted
    guard missing >= Self.grant / 2, let credit = dialect.write(credit: missing) else { return }
    granted = Self.grant
    try? session.send(credit, as: dialect.kind)
    stream?.sendOutputOfForm()
  }

  // MARK: The end

  /// The client broke a rule: of its dialect, which the call reports, if there is one.
  private func fail(_ error: RPCError) {
    guard isOpen else { return close(.protocolError, error.message) }
    phase = .open(.nothing)
    events.append(.fault(error))
  }

  /// The client broke a rule of WebSocket, or is gone.
  private func receive(_ error: WebSocketError) {
    if error.kind == .lost { return lose(.connectionLost) }
    guard isOpen else { return close(error.code, error.message) }
    // The call's status says why, and the close behind it does, too.
    phase = .open(.garbled)
    watch?.waitForClose(in: times.close)
    let code: Status.Code = error.code == .messageTooBig ? .resourceExhausted : .internal
    events.append(.fault(RPCError(code: code, message: error.message)))
  }

  private func receiveClose() {
    if phase == .closing {
      phase = .closed
      return events.append(.over)
    }
    session.close()
    lose(.resetByPeer(.cancel))
  }

  /// Leaves a client that has no call yet, or whose call is lost.
  private func close(_ code: CloseCode, _ reason: String) {
    session.close(code, reason: reason)
    lose(.resetByPeer(.protocolError))
  }

  private func lose(_ end: StreamEnd) {
    if phase == .closed { return }
    events.append(phase == .closing ? .over : .lost(end))
    phase = .closed
  }

  // MARK: Output

  func takeOutput() -> ByteBuffer? {
    if session.counts().outputBytes == 0 { return nil }
    var buffer = ByteBuffer()
    session.writeOutput(into: &buffer)
    return buffer
  }

  func frame(head: HeaderFields) -> ByteBuffer {
    try? session.send(dialect.write(head: head), as: dialect.kind)
    return takeOutput() ?? ByteBuffer()
  }

  func frame(_ message: consuming ByteBuffer) throws(RPCError) -> ByteBuffer {
    guard permits.take() else {
      permits.withhold(message)
      stream?.withhold(permits.withheldBytes)
      return ByteBuffer()
    }
    return try write(message)
  }

  private func write(_ framed: consuming ByteBuffer) throws(RPCError) -> ByteBuffer {
    var (message, room) = dialect.write(framed: framed)
    do throws(WebSocketError) {
      let head = HeadBytes(FrameHead(dialect.kind.opcode, payloadBytes: message.readableBytes - room))
      if head.count <= room { return try session.frame(message, room: room, as: dialect.kind) }
      message.moveReaderIndex(forwardBy: room)
      try session.send(message, as: dialect.kind)
    } catch {
      throw RPCError(error)
    }
    return takeOutput() ?? ByteBuffer()
  }

  /// Queues what the client now permits.
  private func release() {
    while let message = permits.next() {
      var (payload, room) = dialect.write(framed: message)
      payload.moveReaderIndex(forwardBy: room)
      try? session.send(payload, as: dialect.kind)
    }
    stream?.withhold(permits.withheldBytes)
    if let end = permits.takeEnd() { writeEnd(end) }
  }

  func frame(end: HeaderFields, isAborted: Bool) -> ByteBuffer {
    if isAborted {
      permits.dropAll()
      stream?.withhold(0)
    }
    if permits.withholds(end: end) { return ByteBuffer() }
    writeEnd(end)
    return takeOutput() ?? ByteBuffer()
  }

  private func writeEnd(_ end: HeaderFields) {
    guard phase != .closed else { return }
    let hearsClose = phase != .open(.garbled)
    phase = hearsClose ? .closing : .closed
    try? session.send(dialect.write(end: end.withStatusFirst), as: dialect.kind)
    session.close(.normal)
    if hearsClose { watch?.waitForClose(in: times.close) } else { events.append(.over) }
  }

  // MARK: Time

  var holdsPeerBack: Bool { stream?.holdsPeerBack ?? false }

  func drain() {
    guard phase == .awaitingHead else { return }  // calls end by themselves
    close(.goingAway, "the server is shutting down")
    report()
  }

  /// Something has happened that no received bytes tell.
  private func report() { stream?.handleEventsOfTunnel() }

  func headIsOverdue() {
    headTimer = nil
    close(.policyViolation, "no head came within \(limits.headTimeout) (handshakeTimeout)")
    report()
  }

  func sendPing() {
    try? session.ping(ByteBuffer())
    stream?.sendOutputOfForm()
  }

  func peerIsSilent() {
    session.close(.policyViolation, reason: "no pong")
    lose(.connectionLost)
    report()
  }

  func closeIsOverdue() {
    session.close(.normal)
    lose(.connectionLost)
    report()
  }
}

/// The timer of a tunnel without a head.
private final class HeadLimit: TimerTarget {
  private unowned let tunnel: CallTunnel

  private init(_ tunnel: CallTunnel) { self.tunnel = tunnel }

  static func set(for tunnel: CallTunnel, in time: Duration, on executor: LoopExecutor) -> TimerID {
    let now = executor.now
    return executor.timers.set(HeadLimit(tunnel), at: now + TimeAmount(time), now: now)
  }

  func timerFired() { tunnel.headIsOverdue() }
}
