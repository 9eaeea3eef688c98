// Responses as a handler sends them: the head and the messages.
import FreshetCore
import FreshetHTTP
import FreshetStreams
import FreshetTransport
import NIOCore
import Synchronization

extension ServerCall {
  /// Sends all messages, each when the client has room for it. A generator's body runs here directly, without a task in
  /// between.
  func sendAll<Request, Response>(
    _ responses: MessageStream<Response>, as method: MethodDescriptor<Request, Response>
  ) async throws {
    sendHeadSoon()
    let codec = otherFormat.map { method.otherFormats[$0].responseCodec } ?? method.responseCodec
    try await responses.run(into: ResponseSink(call: self, codec: codec))
  }

  /// Queues the only response of a method with one, which need not wait for room.
  func sendOnly<Response>(_ response: Response, _ codec: any Codec<Response>) throws {
    if try !put(response, codec) { stream.handOverHeld() }
  }

  /// Queues one response.
  /// - Returns: whether the client has room for another. If not, `waitForRoom` must follow; see `TransportStream.put`.
  func put<Response>(_ response: Response, _ codec: any Codec<Response>) throws -> Bool {
    let (frame, isCompressed) = try encode(response, codec)
    let byteCount = frame.readableBytes
    let hasRoom = try hand(consume frame, isCompressed)
    if let observation, let head {
      note(responseOf: byteCount - head.prefixBytes, isCompressed: isCompressed, observation)
    }
    return hasRoom
  }

  /// Queues one that a form frames, and that is not compressed.
  func put(encoded: consuming ByteBuffer) throws(RPCError) -> Bool {
    let byteCount = encoded.readableBytes
    let hasRoom = try hand(encoded, false)
    if let observation, let head {
      note(responseOf: byteCount - head.prefixBytes, isCompressed: false, observation)
    }
    return hasRoom
  }

  @inline(__always)
  private func hand(_ frame: consuming ByteBuffer, _ isCompressed: Bool) throws(RPCError) -> Bool {
    guard stream.enterLoop() else { return handFromElsewhere(frame, isCompressed) }
    if holdsResponse {
      holdResponse(frame, isCompressed)
      return true
    }
    sendHead()
    return try stream.putOnLoop(frame)
  }

  private func handFromElsewhere(_ frame: consuming ByteBuffer, _ isCompressed: Bool) -> Bool {
    if holdsResponse {
      let response = frame
      stream.executor.run { self.holdResponse(response, isCompressed) }
      return true
    }
    if isHeadHandedOver.load(ordering: .acquiring) { return stream.putFromElsewhere(frame) }
    // The head contains what was set before its first message was submitted, and takes the same path.
    shared.withLock { $0.settleHead(for: head) }
    defer { isHeadHandedOver.store(true, ordering: .releasing) }
    return stream.putFromElsewhere(frame) { self.sendHead() }
  }

  private func holdResponse(_ frame: ByteBuffer, _ isCompressed: Bool) {
    if !isOver { rare.state.heldResponse = (frame, isCompressed) }
  }

  private var holdsResponse: Bool {
    @inline(__always) get { state.head.borrowed?._withUnsafeGuaranteedRef { $0.holdsResponse } ?? false }
  }

  private var framing: (prefixBytes: Int, isOwn: Bool)? {
    @inline(__always) get { state.head.borrowed?._withUnsafeGuaranteedRef { ($0.prefixBytes, $0.hasOwnFraming) } }
  }

  private func encode<Response>(
    _ response: Response, _ codec: any Codec<Response>
  ) throws(RPCError) -> (ByteBuffer, isCompressed: Bool) {
    guard let (prefixBytes, isOwn) = framing else { throw .callIsOver }  // a call that does not exist
    let coder = MessageCoder.responses
    let encoded = try coder.encode(response, codec, reservingPrefix: prefixBytes, of: method)
    let compression = compression(ofResponseWith: encoded.readableBytes - prefixBytes)
    if isOwn, let head {
      do throws(RPCError) {
        return (try head.wire.frame(consume encoded, compression: compression), compression != nil)
      } catch {
        throw coder.cannotEncode(error, method)
      }
    }
    return (try coder.frame(consume encoded, compression, of: method), compression != nil)
  }

  /// The handler has returned its sequence. If that produces nothing at once, the head is sent without it: some clients
  /// send nothing before they have it. On the loop, this happens at the end of this turn. In the pool nothing shows
  /// that the sequence is waiting, so it gets a moment, in which it may still set metadata.
  func sendHeadSoon() {
    guard stream.enterLoop() else {
      if isHeadHandedOver.load(ordering: .relaxed) { return }
      return stream.executor.run { HeadTimer.set(for: self, on: self.stream.executor) }
    }
    if !state.isHeadSent { stream.executor.atTurnEnd(self) }
  }

  func turnEnds() { sendHead() }

  func sendInitialMetadata() async throws(RPCError) {
    try shared.withLock { shared throws(RPCError) in
      try shared.metadata.validate()
      shared.settleHead(for: head)
    }
    let error: RPCError? = await stream.executor.call {
      if self.isOver { return RPCError(code: .cancelled, message: "the call is over") }
      return self.sendHead()
    }
    if let error { throw error }
  }

  /// - Returns: the call's end, if the head exceeds the client's limit; later sends throw it too.
  @discardableResult
  func sendHead() -> RPCError? {
    assert(stream.executor.isCurrent)
    if state.isHeadSent || isOver { return nil }
    guard let borrowed = state.head.borrowed, !holdsResponse else { return nil }
    if let (metadata, compression) = takeHead() { return sendHead(metadata, compression) }
    state.isHeadSent = true
    borrowed._withUnsafeGuaranteedRef { stream.sendResponseHeaders($0.plainHead) }
    return nil
  }

  private func sendHead(_ metadata: Metadata, _ compression: Compression?) -> RPCError? {
    guard let head else { return nil }
    let fields = shared.withLock { $0.ownHead } ?? head.wire.responseHead(metadata, compression: compression)
    let maxBytes = metadata.isEmpty ? .max : stream.maxPeerHeaderListBytes
    if fields.listBytes > maxBytes {
      let message = "\(fields.listBytes) bytes of initial metadata exceed the \(maxBytes) that the client accepts"
      logCut(.metadataLost, message, maxBytes)
      let error = RPCError(code: .resourceExhausted, message: message)
      conclude(.aborted(error, .oversizedHead))
      return error
    }
    state.isHeadSent = true
    stream.sendResponseHeaders(fields)
    return nil
  }

  /// The head's content, usually nothing of its own.
  private func takeHead() -> (Metadata, Compression?)? {
    let set = shared.withLock { shared -> (Metadata, Compression?)? in
      let compression = shared.encoding.settle(for: head)
      if compression == nil, shared.headMetadata == nil, shared.metadata.isEmpty { return nil }
      return (shared.headMetadata ?? shared.metadata, compression)
    }
    guard var set else { return nil }
    dropInvalid(&set.0)
    return set
  }
}

/// The target of a handler's responses: encoded and queued at once, and awaited only while the client has no room.
struct ResponseSink<Response: Sendable>: ImmediateSink {
  typealias Element = Response
  typealias SendFailure = any Error

  let call: ServerCall
  let codec: any Codec<Response>

  func put(_ response: Response) throws -> Bool { try call.put(response, codec) }

  func waitForRoom() async throws { try await call.stream.waitForRoom() }
}
