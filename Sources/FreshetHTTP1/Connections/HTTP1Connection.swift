// A server's HTTP/1.1 connection.
package import FreshetHTTP
package import FreshetTransport
package import NIOCore

/// Carries one exchange at a time. Pipelined requests wait unparsed, and once there are 16 KiB of them the socket is no
/// longer read (web.md W104). EOF from the client means that it is gone, even while a response is being written (W19,
/// W106), unless the settings allow it (`allowsHalfClose`).
package final class HTTP1Connection: TransportConnection {
  struct State {
    var exchange: HTTP1Exchange?
    var parser: HTTP1RequestParser
    /// Input behind the running exchange's request.
    var held = ByteBuffer()
    var isParsing = false
    /// The response to invalid input, sent after the exchange's own.
    var refusal: HTTP1Refusal?
    /// Nothing more is read, and the connection closes after the last write.
    var isEnding = false
    var isDraining = false
    /// Nothing more comes from the client, which still reads.
    var isInputEnded = false
    var isReady = false
    var isSocketRead = true
    /// Whether there may be output to write.
    var hasOutput = false
    var requestCount = 0
    var lastSection: HeaderSection?
    var date = DateField()
    var watch = Watch.none
    var timer = MovingTimer()
  }

  /// What a time limit applies to.
  enum Watch: Equatable {
    case none
    /// The next request's first byte.
    case idle
    /// The rest of a head.
    case head
    /// The next KiB of a body after this many bytes.
    case body(receivedBytes: Int)
  }

  @exclusivity(unchecked) var state: State
  let settings: HTTP1Settings

  package init(_ parts: Carrier.Parts, isTLS: Bool, settings: HTTP1Settings) {
    self.settings = settings
    state = State(parser: HTTP1RequestParser(isTLS: isTLS, settings: settings))
    super.init(
      executor: parts.executor, records: parts.records, configuration: parts.configuration, delegate: parts.delegate)
  }

  // MARK: From the socket

  package override var awaitedGreeting: String { "request" }

  package override func receive(_ bytes: UnsafeRawBufferPointer) throws {
    if !state.isReady {
      state.isReady = true
      becomeReady()
    }
    if state.exchange == nil, state.watch != .head { watch(.head) }
    if state.held.readableBytes > 0 {
      state.held.writeBytes(bytes)
      parseHeld()
    } else {
      var input = bytes
      parse(&input)
      if !input.isEmpty, !state.isEnding, state.refusal == nil { state.held.writeBytes(input) }
    }
    if state.exchange == nil, state.watch == .none { watch(.idle) }
    readSocketIfWanted()
  }

  /// Takes in what can be taken in now. Called again by what parsed input causes, which then returns at once.
  private func parse(_ input: inout UnsafeRawBufferPointer) {
    if state.isParsing { return }
    state.isParsing = true
    defer { state.isParsing = false }
    while takesInput {
      let event: HTTP1RequestParser.Event?
      do throws(HTTP1Refusal) {
        event = try state.parser.next(&input)
      } catch {
        return refuse(error)
      }
      switch event {
      case nil: return
      case .head(let head): beginExchange(head)
      case .body(let part): receiveBody(part)
      case .end: endRequest()
      }
    }
  }

  /// Whether the next event belongs to the running exchange, or may begin one.
  private var takesInput: Bool {
    !state.isEnding && state.refusal == nil && state.exchange?.isRequestEnded != true
  }

  /// The connection carries another protocol from here on.
  func switchProtocol() {
    state.parser.switchProtocol()
    state.lastSection = nil
    state.exchange?.request = .body(left: nil)
    parseHeld()
    readSocketIfWanted()
  }

  private func parseHeld() {
    if state.isParsing || state.held.readableBytes == 0 { return }
    // Taken out meanwhile, since what is parsed may end the connection.
    var held = ByteBuffer()
    swap(&held, &state.held)
    held.readWithUnsafeReadableBytes { bytes in
      var input = bytes
      parse(&input)
      return bytes.count - input.count
    }
    if state.isEnding { return }
    held.discardReadBytes()
    state.held = held.readableBytes > 0 ? held : ByteBuffer()
  }

  /// How much input may wait for the end of an exchange (W104).
  private static let heldBytes = 16 * 1024

  private func beginExchange(_ request: HTTP1RequestHead) {
    watch(.none)
    guard let stream = makeStream() else { return }
    state.requestCount += 1
    // Odd, like a client's stream identifiers in HTTP/2, and within their range.
    stream.open(as: Int32(truncatingIfNeeded: state.requestCount & 0x3FFF_FFFF) * 2 - 1)
    state.exchange = HTTP1Exchange(stream, request)
    if state.isDraining || state.requestCount >= settings.maxRequests { state.exchange?.keepsAlive = false }
    let section = section(of: request)
    if var timeout = request.timeout {
      timeout.withUTF8 { stream.receiveHeaders(section, valueApart: UnsafeRawBufferPointer($0), endStream: false) }
    } else {
      stream.receiveHeaders(section, valueApart: nil, endStream: false)
    }
    guard let exchange = state.exchange, exchange.stream === stream else { return }
    if exchange.owesContinue, exchange.isAnswerAwaited { note() }
    if request.contentLength != nil, request.contentLength != 0 { watch(.body(receivedBytes: 0)) }
  }

  /// The section of the previous request, including parsed values, if this one has the same fields.
  private func section(of request: HTTP1RequestHead) -> HeaderSection {
    let version: FreshetHTTP.HTTPVersion = request.isHTTP10 ? .http1_0 : .http1_1
    if let last = state.lastSection, last.version == version, last.fields == request.fields { return last }
    // Kept as long as the connection then.
    let fields = request.asksForUpgrade ? request.fields.compact : request.fields
    let made = HeaderSection(fields, version: version)
    state.lastSection = made
    return made
  }

  private func receiveBody(_ part: UnsafeRawBufferPointer) {
    guard state.exchange != nil else { return }
    state.exchange?.receiveBody(part.count)
    guard let stream = state.exchange?.stream else { return drop(part.count) }
    stream.addUnread(part.count)
    stream.receiveData(part)
  }

  /// The body continues after the response.
  private func drop(_ count: Int) {
    state.exchange?.droppedBytes += count
    if state.exchange?.canDropRest(settings.maxDrainedBytes) == false { end() }
  }

  private func endRequest() {
    if case .body = state.watch { watch(.none) }
    state.exchange?.request = .ended
    guard let stream = state.exchange?.stream else { return completeIfDone() }
    if state.exchange?.mayUpgrade == true { return }
    stream.noteEndReceived()
    stream.receiveEndStream()
  }

  /// Reads the socket unless a body or much of pipelined requests waits: its end means that the client is gone (W19).
  func readSocketIfWanted() {
    let unreadBytes = state.exchange?.stream?.unreadBytes ?? 0
    let isWanted = state.held.readableBytes < Self.heldBytes && unreadBytes <= settings.bodyWindowBytes
    if isWanted == state.isSocketRead { return }
    state.isSocketRead = isWanted
    readSocket(isWanted)
  }

  /// A request that is not complete never will be.
  package override func receivedEnd() -> Bool {
    guard settings.allowsHalfClose else { return false }
    if state.isEnding || state.refusal != nil { return true }
    guard let exchange = state.exchange, exchange.isRequestEnded, !exchange.mayUpgrade else { return false }
    state.isInputEnded = true
    if state.held.readableBytes == 0 { state.exchange?.keepsAlive = false }
    return true
  }

  // MARK: From the streams

  package override func submitResponse(_ stream: TransportStream, _ fields: HeaderFields, endStream: Bool) {
    guard state.exchange?.stream === stream, state.exchange?.isAnswerAwaited == true else { return }
    state.exchange?.answer = .head(fields, endStream: endStream)
    note()
  }

  package override func resumeOutput(_ stream: TransportStream) {
    if state.exchange?.stream === stream { note() }
  }

  package override func sendTrailers(_ stream: TransportStream, _ fields: HeaderFields) {
    guard state.exchange?.stream === stream else { return }
    state.exchange?.trailers = fields
    note()
  }

  /// An exchange cannot be aborted without its connection; the client sees a truncated response.
  package override func reset(_ stream: TransportStream, _ code: ErrorCode) {
    guard state.exchange?.stream === stream else { return }
    closeStream(.resetByUs(code))
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

  package override func makeOutput(into buffer: inout ByteBuffer, limitBytes: Int) throws -> Bool {
    state.hasOutput = false
    // Not bound as a whole, which would copy it each time.
    while let answer = state.exchange?.answer {
      if state.exchange?.owesContinue == true, case .awaited = answer {
        state.exchange?.owesContinue = false
        buffer.writeStaticString(HTTP1Writer.leaveToSend)
      }
      switch answer {
      case .awaited: return true
      case .head(let fields, let endStream):
        guard let exchange = state.exchange else { return true }
        writeHead(fields, endStream: endStream, exchange, into: &buffer)
      case .body(let framing):
        guard let stream = state.exchange?.stream else { return true }
        if buffer.readableBytes >= limitBytes {
          state.hasOutput = true
          return false
        }
        if let trailers = state.exchange?.trailers {
          endBody(trailers, into: &buffer)
          continue
        }
        if !writeBody(of: stream, framing, limitBytes - buffer.readableBytes, into: &buffer) { return true }
      case .done:
        completeIfDone()
        if state.exchange != nil { return true }
      }
    }
    if let refusal = state.refusal.take() {
      HTTP1Writer.write(refusal, date: date(), into: &buffer)
      state.isEnding = true
      readSocket(true)
    }
    return true
  }

  func closeStream(_ end: StreamEnd) {
    guard let stream = state.exchange?.stream else { return }
    state.exchange?.stream = nil
    stream.noteEnd(end)
    stream.receiveClose(end)
    readSocketIfWanted()
  }

  // MARK: Between exchanges

  /// Continues with the next request when both sides of the exchange have ended.
  private func completeIfDone() {
    guard let exchange = state.exchange, exchange.isAnswerDone else { return }
    if !exchange.keepsAlive || !exchange.canDropRest(settings.maxDrainedBytes) { return end() }
    if !exchange.isRequestEnded { return watch(.body(receivedBytes: exchange.receivedBytes)) }
    state.exchange = nil
    if state.isDraining { return end() }
    parseHeld()
    if state.isEnding { return }
    readSocketIfWanted()
    if state.isInputEnded, state.refusal == nil, state.exchange?.isRequestEnded != true {
      closeStream(.connectionLost)
      return end()
    }
    if state.exchange != nil || state.refusal != nil { return }
    watch(state.parser.isInsideHead ? .head : .idle)
  }

  /// The input is not a request that can be served.
  func refuse(_ refusal: HTTP1Refusal) {
    if state.isEnding { return }
    watch(.none)
    if let exchange = state.exchange, !exchange.isRequestEnded {
      // In the body of the current request.
      let isUnanswered = exchange.isAnswerAwaited
      state.exchange?.answer = .done
      state.exchange?.keepsAlive = false
      closeStream(.resetByPeer(.protocolError))
      state.exchange = nil
      if !isUnanswered { return end() }
    }
    state.refusal = refusal
    // Unread bytes would make TCP reset the connection, and lose the answer; only behind a running exchange they wait.
    if state.exchange != nil { readSocket(false) }
    note()
  }

  /// Closes the connection after the last write.
  private func end() {
    state.isEnding = true
    state.held = ByteBuffer()
    watch(.none)
    flushSoon()
  }

  func date() -> String {
    state.date.update(seconds: DateField.now)
    return state.date.text
  }

  // MARK: From its owner

  package override func drainAndClose() {
    state.isDraining = true
    state.exchange?.keepsAlive = false
    if state.exchange == nil { end() }
  }

  package override func sayLastWord() { state.isEnding = true }

  package override func detach() {
    state.timer.cancel()
    state.exchange = nil
    state.held = ByteBuffer()
  }

  // MARK: Time

  func watch(_ what: Watch) {
    state.watch = what
    let limit: Duration
    switch what {
    case .none: return state.timer.clear()
    case .idle: limit = settings.idleTimeout
    case .head: limit = limits.headerTimeout
    case .body: limit = settings.bodyTimeout
    }
    state.timer.set(to: executor.loop.now + TimeAmount(limit), on: executor) { [self] in timerFired() }
  }

  private func timerFired() {
    guard state.timer.fired(on: executor, { [self] in timerFired() }), isReceiving else { return }
    let what = state.watch
    state.watch = .none
    switch what {
    case .none: break
    case .idle: end()
    case .head: refuse(HTTP1Refusal(status: 408, reason: "the request's head did not come in time (headerTimeout)"))
    case .body(let before):
      guard let exchange = state.exchange, !exchange.isRequestEnded else { return }
      // A slow handler is not the client's fault.
      if exchange.receivedBytes - before >= 1024 || !state.isSocketRead {
        return watch(.body(receivedBytes: exchange.receivedBytes))
      }
      refuse(HTTP1Refusal(status: 408, reason: "the request's body did not come in time (bodyTimeout)"))
    }
  }
}
