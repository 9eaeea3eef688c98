// A client's HTTP/1.1 connection.
package import FreshetHTTP
package import FreshetTransport
import FreshetText
package import NIOCore

/// Carries one call at a time, and another one when both sides of it have ended (RFC 9112 §9.3). A call that is reset, or
/// whose response ends before its request, ends the connection.
package final class HTTP1ClientConnection: TransportConnection {
  struct State {
    var exchange: Exchange?
    var parser: HTTP1ResponseParser
    /// Nothing more is read or begun, and the connection closes after the last write.
    var isEnding = false
    /// The handshake is over.
    var hasOpened = false
    var isDraining = false
    var isSocketRead = true
    /// Whether there may be output to write.
    var hasOutput = false
    var requestCount = 0
    var violation: TransportError?
    var idleTimer = MovingTimer()
  }

  /// A request and its response.
  struct Exchange {
    enum Request {
      /// → body, upgrade, written
      case head(HeaderFields)
      /// → written
      case body(HTTP1BodyFraming)
      /// The server's decision about another protocol is awaited. → body, written
      case upgrade
      /// Final.
      case written
    }

    let stream: TransportStream
    let isGET: Bool
    /// Whether the request asks for another protocol.
    let mayUpgrade: Bool
    var request: Request
    /// Whether anything of the response has arrived.
    var hasResponse = false
    /// Whether the response's head leaves the connection open.
    var keepsAlive = true

    var isRequestWritten: Bool {
      if case .written = request { true } else { false }
    }
  }

  @exclusivity(unchecked) var state: State
  private let settings: HTTP1ClientSettings

  package init(_ parts: Carrier.Parts, settings: HTTP1ClientSettings) {
    self.settings = settings
    state = State(
      parser: HTTP1ResponseParser(maxHeaderBytes: settings.maxHeaderBytes, maxFields: settings.maxHeaderFields))
    super.init(
      executor: parts.executor, records: parts.records, configuration: parts.configuration, delegate: parts.delegate)
  }

  // MARK: From its owner

  package override var poolLimit: Int { settings.maxConnections }

  package override var hasRoom: Bool {
    state.hasOpened && isReceiving && state.exchange == nil && !state.isEnding && !state.isDraining
  }

  package override func open(_ stream: TransportStream, _ fields: HeaderFields) throws(TransportError) {
    guard hasRoom else { throw TransportError(.noMoreStreams, "the connection is closing") }
    try Self.check(fields)
    state.idleTimer.clear()
    state.requestCount += 1
    // Odd, as in HTTP/2, and within its range.
    stream.open(as: Int32(truncatingIfNeeded: state.requestCount & 0x3FFF_FFFF) * 2 - 1)
    let mayUpgrade = fields.first("upgrade") != nil
    state.parser.mayUpgrade = mayUpgrade
    state.exchange = Exchange(
      stream: stream, isGET: fields.first(":method") == "GET", mayUpgrade: mayUpgrade, request: .head(fields))
    carry(stream)
    note()
  }

  /// Fields were validated where they were made; what would begin another line must not pass in any case.
  private static func check(_ fields: HeaderFields) throws(TransportError) {
    var isSafe = true
    fields.forEach { name, value in
      if name.contains(where: { $0 <= 0x20 }) || value.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) {
        isSafe = false
      }
    }
    if !isSafe { throw TransportError(.http1, "a header field of the request has a line break") }
  }

  package override func drainAndClose() {
    if !state.hasOpened { return close(TransportError(.closedByUs, "closed before the handshake was over")) }
    state.isDraining = true
    if state.exchange == nil { end() }
  }

  // MARK: From the socket

  package override var awaitedGreeting: String { "TLS handshake" }

  package override func opened() {
    state.hasOpened = true
    becomeReady()
    watchIdleness()
  }

  package override func receive(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !state.isEnding {
      guard let exchange = state.exchange else {
        if rest.isEmpty { return }
        throw violated("the server sent what no request had asked for (“\(printable(rest.prefix(40)))”)")
      }
      if !rest.isEmpty { state.exchange?.hasResponse = true }
      let event: HTTP1ResponseParser.Event?
      do throws(HTTP1ResponseParser.Failure) {
        event = try state.parser.next(&rest)
      } catch {
        return try fail(error, exchange.stream)
      }
      switch event {
      case nil: return
      case .head(let head): receive(head, exchange.stream)
      case .body(let part):
        exchange.stream.addUnread(part.count)
        exchange.stream.receiveData(part)
        readSocketIfWanted()
      case .end: endResponse(isLast: rest.isEmpty)
      }
    }
  }

  private func receive(_ head: HTTP1ResponseHead, _ stream: TransportStream) {
    if head.status == 101 {
      state.exchange?.keepsAlive = false
      state.exchange?.request = .body(.untilClose)
    } else if !head.isInterim {
      state.exchange?.keepsAlive = head.keepsAlive && head.framing != .untilClose
      if case .upgrade? = state.exchange?.request { endRequest(stream) }
    }
    let version: FreshetHTTP.HTTPVersion = head.isHTTP10 ? .http1_0 : .http1_1
    // The end is reported separately, also where there is no body.
    stream.receiveHeaders(HeaderSection(head.fields, version: version), valueApart: nil, endStream: false)
  }

  /// The server does not switch: the request had no body.
  private func endRequest(_ stream: TransportStream) {
    state.exchange?.request = .written
    stream.noteEndSent()
  }

  /// - Parameter isLast: whether nothing has arrived behind the response.
  private func endResponse(isLast: Bool) {
    guard let exchange = state.exchange else { return }
    if !exchange.keepsAlive || !isLast || !exchange.isRequestWritten || state.isDraining { state.isEnding = true }
    let stream = exchange.stream
    stream.noteEndReceived()
    stream.receiveEndStream()
    guard state.exchange?.stream === stream else { return }  // it was reset
    closeStream(exchange.isRequestWritten ? .ended : .resetByUs(.noError))
  }

  /// A body that ends with the connection is complete.
  package override func receivedEnd() -> Bool {
    if state.exchange != nil, state.parser.endsWithConnection { endResponse(isLast: true) }
    return false
  }

  private func fail(_ failure: HTTP1ResponseParser.Failure, _ stream: TransportStream) throws {
    switch failure {
    case .malformed(let error): throw violated(error.description)
    case .tooLong:
      stream.receiveHeaders(HeaderSection([:], isTruncated: true, version: .http1_1), valueApart: nil, endStream: false)
      if state.exchange?.stream === stream { closeStream(.resetByUs(.cancel)) }
      end()
    }
  }

  private func violated(_ message: String) -> TransportError {
    let error = TransportError(.http1, message)
    state.violation = error
    state.isEnding = true
    return error
  }

  /// Reads the socket unless a body waits for its reader.
  private func readSocketIfWanted() {
    let isWanted = state.exchange.map { $0.stream.unreadBytes <= settings.bodyWindowBytes } ?? true
    if isWanted == state.isSocketRead { return }
    state.isSocketRead = isWanted
    readSocket(isWanted)
  }

  // MARK: From the streams

  package override func resumeOutput(_ stream: TransportStream) {
    if state.exchange?.stream === stream { note() }
  }

  /// A call cannot be abandoned without its connection, which closes at the end of this turn; the stream's `receiveClose`
  /// follows then.
  package override func reset(_ stream: TransportStream, _ code: ErrorCode) {
    guard state.exchange?.stream === stream, !stream.isClosed else { return }
    stream.noteEnd(.resetByUs(code))
    state.hasOutput = false
    end()
  }

  package override func giveBack(_ bytes: Int, to stream: TransportStream) {
    stream.addUnread(-bytes)
    readSocketIfWanted()
  }

  package override func holdsBack(_ stream: TransportStream) -> Bool { !state.isSocketRead }

  // MARK: Output

  /// Schedules writing.
  private func note() {
    state.hasOutput = true
    flushSoon()
  }

  package override var isQuiet: Bool { !state.hasOutput && !state.isEnding }
  package override var isFinished: Bool { state.isEnding && !state.hasOutput }
  package override var violation: TransportError? { state.violation }

  package override func makeOutput(into buffer: inout ByteBuffer, limitBytes: Int) throws -> Bool {
    state.hasOutput = false
    while let exchange = state.exchange, !state.isEnding {
      switch exchange.request {
      case .head(let fields): writeHead(fields, exchange, into: &buffer)
      case .body(let framing):
        if buffer.readableBytes >= limitBytes {
          state.hasOutput = true
          return false
        }
        if !writeBody(of: exchange.stream, framing, limitBytes - buffer.readableBytes, into: &buffer) { return true }
      case .written, .upgrade: return true
      }
    }
    return true
  }

  private func writeHead(_ fields: HeaderFields, _ exchange: Exchange, into buffer: inout ByteBuffer) {
    if exchange.mayUpgrade {
      HTTP1RequestWriter.write(fields, bodyBytes: 0, into: &buffer)
      state.exchange?.request = .upgrade
      return
    }
    var length: Int?
    if case .last(let count) = exchange.stream.availableOutput(maxBytes: .max) { length = count }
    HTTP1RequestWriter.write(fields, bodyBytes: length, into: &buffer)
    state.exchange?.request = .body(length.map { .length(left: $0) } ?? .chunked)
  }

  /// - Returns: whether more may follow.
  private func writeBody(
    of stream: TransportStream, _ framing: HTTP1BodyFraming, _ room: Int, into buffer: inout ByteBuffer
  ) -> Bool {
    let count: Int, isLast: Bool
    switch stream.availableOutput(maxBytes: room) {
    case .nothing: return false
    case .bytes(let available): (count, isLast) = (available, false)
    case .last(let available), .lastThenTrailers(let available, _): (count, isLast) = (available, true)
    }
    if count > 0 {
      if framing == .chunked { buffer.writeString(String(count, radix: 16) + "\r\n") }
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
        if let start = memory.baseAddress { stream.writeOutput(count, to: start) }
        return count
      }
      if framing == .chunked { buffer.writeStaticString("\r\n") }
    }
    if isLast {
      if framing == .chunked { buffer.writeStaticString("0\r\n\r\n") }
      state.exchange?.request = .written
      stream.noteEndSent()
    }
    return !isLast
  }

  // MARK: The end

  /// The exchange is over.
  private func closeStream(_ end: StreamEnd) {
    guard let stream = state.exchange?.stream else { return }
    state.exchange = nil
    readSocketIfWanted()
    if state.isEnding { flushSoon() } else { watchIdleness() }
    stream.noteEnd(end)
    stream.receiveClose(end)
  }

  /// Closes the connection after the last write.
  private func end() {
    state.isEnding = true
    state.idleTimer.clear()
    flushSoon()
  }

  package override func sayLastWord() { state.isEnding = true }

  /// A request that was not written has not left this side. One that may be repeated, and got no answer on a connection
  /// that had been used before, crossed the server's closing of it (RFC 9112 §9.3.1).
  package override func abandon(_ stream: TransportStream) -> StreamEnd {
    guard let exchange = state.exchange, exchange.stream === stream else { return .connectionLost }
    state.exchange = nil
    if case .closed(let end) = stream.state { return end }
    if state.violation != nil { return .resetByUs(.protocolError) }
    if case .head = exchange.request { return .unsent }
    if exchange.isGET, !exchange.hasResponse, state.requestCount > 1 { return .unprocessed }
    return .connectionLost
  }

  package override func detach() {
    state.idleTimer.cancel()
    state.exchange = nil
  }

  private func watchIdleness() {
    let end = executor.loop.now + TimeAmount(settings.idleTimeout)
    state.idleTimer.set(to: end, on: executor) { [self] in idleTimerFired() }
  }

  private func idleTimerFired() {
    if state.idleTimer.fired(on: executor, { [self] in idleTimerFired() }), state.exchange == nil { end() }
  }
}
