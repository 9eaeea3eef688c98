// Opens one WebSocket: resolves, connects, and shakes hands.
//
//   resolving ─▶ connecting ─▶ settling ─▶ requesting ─▶ opened ─▶ (the form's)
//       │            │            │            ├──▶ refused ─▶ failed
//       └────────────┴────────────┴────────────┴──▶ failed
import FreshetClient
import FreshetCore
import FreshetHTTP
import FreshetHTTP1
import FreshetTLS
import FreshetText
import FreshetTransport
import FreshetWebSocket
import NIOCore

/// The owner of a connection that carries one WebSocket.
// SAFETY: everything but `dial` runs on `executor`'s loop, and `state` is used there only.
final class WebSocketDialer: ConnectionDelegate, TransportStreamDelegate, TimerTarget, @unchecked Sendable {
  private struct State {
    var waiter: CheckedContinuation<Result<WebSocket, WebSocketError>, Never>?
    var lookup: NameLookup?
    var addresses: [ConnectAddress] = []
    var connecting: Connecting?
    var connection: TransportConnection?
    var stream: TransportStream?
    var opening: ClientOpening?
    var refusal: (ClientOpening.Refusal, RefusalBody)?
    var timer: TimerID?
    /// Why the last address failed.
    var failure: WebSocketError?
    var isCancelled = false
  }

  private let url: WebSocketURL
  private let options: WebSocketClientOptions
  private let versions: [ChannelHTTPVersion]
  private let executor: LoopExecutor
  @exclusivity(unchecked) private var state = State()

  /// - Parameter versions: of HTTP, preferred first; in plaintext only the first is tried.
  init(
    _ url: WebSocketURL, _ options: WebSocketClientOptions, _ versions: [ChannelHTTPVersion],
    on executor: LoopExecutor
  ) {
    self.url = url
    self.options = options
    self.versions = versions
    self.executor = executor
  }

  // MARK: From the application

  func dial() async throws(WebSocketError) -> WebSocket {
    let connector: SocketConnector
    do {
      connector = try makeConnector()
    } catch {
      throw WebSocketError(.invalidSetting, code: .abnormal, "a WebSocket to \(url) can never be opened: \(error)")
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        executor.run { self.begin(connector, continuation) }
      }
    } onCancel: {
      executor.run { self.cancel() }
    }
    return try result.get()
  }

  private func makeConnector() throws -> SocketConnector {
    let carriers = versions.map { $0 == .http2 ? Carrier.http2Client : .http1Client(HTTP1ClientSettings()) }
    let context = url.isSecure ? try TLSContext(options.tls, protocols: carriers.map(\.name)) : nil
    return SocketConnector(tls: context, serverName: url.host, carriers: carriers)
  }

  private func begin(
    _ connector: SocketConnector, _ waiter: CheckedContinuation<Result<WebSocket, WebSocketError>, Never>
  ) {
    state.waiter = waiter
    if state.isCancelled { return fail(.cancelled) }
    let now = executor.now
    state.timer = executor.timers.set(self, at: now + TimeAmount(options.openTimeout), now: now)
    let lookup = NameLookup({ try SystemResolver.addresses(ofHost: $0, port: $1) }, on: executor)
    state.lookup = lookup
    lookup.start(host: url.host, port: url.port) { [self] result in
      state.lookup = nil
      switch result {
      case .failure(let error): fail(opening(error.message))
      case .success(let addresses):
        state.addresses = addresses
        connectNext(connector)
      }
    }
  }

  private func cancel() {
    state.isCancelled = true
    if state.waiter != nil { fail(.cancelled) }
  }

  func timerFired() {
    state.timer = nil
    let last = state.failure.map { "; before, \($0.message)" } ?? ""
    fail(opening("it was not open within \(options.openTimeout) (openTimeout)\(last)"))
  }

  private func opening(_ reason: String) -> WebSocketError {
    WebSocketError(.opening, code: .abnormal, "a WebSocket to \(url) cannot be opened: \(reason)")
  }

  private func fail(_ error: WebSocketError) {
    guard let waiter = state.waiter.take() else { return }
    stopTimer()
    state.connecting?.cancel()
    state.lookup?.giveUp()
    leave(TransportError(.closedByUs, error.message))
    waiter.resume(returning: .failure(error))
  }

  /// Closes the connection, at once or gracefully, but not within its callbacks: nghttp2 still knows its streams there.
  private func leave(_ error: TransportError?) {
    guard let connection = state.connection else { return }
    let loopBound = NIOLoopBound(connection, eventLoop: executor.loop)
    executor.runSoon {
      if let error { loopBound.value.close(error) } else { loopBound.value.drainAndClose() }
    }
  }

  private func stopTimer() {
    if let timer = state.timer.take() { executor.timers.cancel(timer) }
  }

  // MARK: Connecting

  private func connectNext(_ connector: SocketConnector) {
    if state.waiter == nil { return }
    if state.addresses.isEmpty { return fail(state.failure ?? opening("the name \(url.host) has no address")) }
    let address = state.addresses.removeFirst()
    state.connecting = connector.connect(
      to: address, on: executor, configuration: ConnectionConfiguration(), timeout: options.openTimeout, delegate: self
    ) { [self] result in
      state.connecting = nil
      if case .failure(let error) = result {
        state.failure = opening("\(address): \(error.message)")
        connectNext(connector)
      }
    }
  }

  func connectionMakesStream(_ connection: TransportConnection) -> TransportStream {
    preconditionFailure("a client's connection has no streams of the server")
  }

  func connectionOpened(_ connection: TransportConnection) {
    state.connection = connection
    if state.waiter == nil { leave(TransportError(.closedByUs, "the WebSocket is not wanted any more")) }
  }

  func connectionBecameReady(_ connection: TransportConnection) {
    guard state.waiter != nil, state.stream == nil else { return }
    let isHTTP2 = connection is HTTP2Connection
    if isHTTP2, !connection.takesExtendedConnect { return fail(.noExtendedConnect) }
    let stream = TransportStream(executor: executor, maxMessageBytes: options.limits.maxMessageBytes + 1)
    stream.delegate = self
    do {
      let opening = try ClientOpening(
        url, form: isHTTP2 ? .http2 : .http1, subprotocols: options.subprotocols, deflate: options.compression)
      state.opening = opening
      state.stream = stream
      try connection.open(stream, opening.request(adding: try fields()))
    } catch let error as WebSocketError {
      fail(error)
    } catch {
      fail(self.opening("\(error)"))
    }
  }

  private func fields() throws(WebSocketError) -> HeaderFields {
    var fields = HeaderFields()
    for field in options.fields {
      guard FieldText.isToken(field.name), field.value.utf8.allSatisfy(isFieldValueByte) else {
        throw WebSocketError(
          .invalidSetting, code: .abnormal, "\(printable(field.name)) is a field that HTTP does not allow")
      }
      fields.append(field.name, field.value)
    }
    return fields
  }

  func connectionIsGoingAway(_ connection: TransportConnection, _ error: TransportError) {}

  func connectionClosed(_ connection: TransportConnection, _ error: TransportError) {
    state.connection = nil
    fail(opening(error.message))
  }

  // MARK: The response

  func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {
    guard state.waiter != nil, let opening = state.opening, let stream = state.stream, state.refusal == nil else {
      return
    }
    let status = section.fields.first(":status") ?? ""
    if status.hasPrefix("1"), status != "101" { return }
    do throws(ClientOpening.Refusal) {
      succeed(try opening.check(section.fields), stream)
    } catch {
      let body = RefusalBody()
      state.refusal = (error, body)
      stream.useBodyFraming(.other(body))
      if endStream { refuse() }
    }
  }

  private func succeed(_ agreement: ClientOpening.Agreement, _ stream: TransportStream) {
    guard let waiter = state.waiter.take() else { return }
    stopTimer()
    let session = WebSocketSession(
      role: .client, limits: options.limits, deflate: agreement.deflate,
      minimumDeflatedBytes: options.compression?.minimumBytes ?? 0)
    let form = WebSocketForm(session, options.times)
    stream.useBodyFraming(.duplex(form))
    form.open()
    waiter.resume(
      returning: .success(
        WebSocket(WebSocketEnd(.client(ClientSocket(stream)), form), subprotocol: agreement.subprotocol)))
  }

  func receiveData() {
    if let (_, body) = state.refusal, body.isFull { refuse() }
  }

  func receiveEndStream() { refuse() }

  /// The server has said why.
  private func refuse() {
    guard let (refusal, body) = state.refusal else { return }
    var error = refusal.error
    if !body.text.isEmpty { error.message += ": \(printable(body.text, limit: RefusalBody.maxBytes))" }
    fail(error)
  }

  func receiveClose(_ end: StreamEnd, connectionError: TransportError?) {
    if state.refusal != nil { return refuse() }
    if state.waiter != nil {
      return fail(opening(connectionError?.message ?? "the server reset the request (\(end))"))
    }
    // Without a close of the WebSocket's own.
    let error = WebSocketError(
      .lost, code: .abnormal, "the connection to \(url) was lost: \(connectionError?.message ?? "\(end)")")
    state.stream?.endInbound(throwing: RPCError(error))
    state.stream?.endOutbound(throwing: RPCError(error))
    state.stream = nil
    leave(nil)
  }

  func refuseMessage(_ error: RPCError) {}
}

/// The beginning of a refusal's text.
private final class RefusalBody: BodyForm {
  static let maxBytes = 4096
  private(set) var text: [UInt8] = []
  let heldBytes = 0

  var isFull: Bool { text.count == Self.maxBytes }

  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError) {
    text += bytes.prefix(Self.maxBytes - text.count)
  }

  func finish(into framed: inout ByteBuffer) throws(RPCError) {}
}

extension WebSocketError {
  fileprivate static let cancelled = WebSocketError(
    .cancelled, code: .abnormal, "the task that opened it was cancelled")
}
