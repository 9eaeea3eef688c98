// A stream's part for bodies whose protocol has other framing than gRPC's.
package import FreshetCore
import FreshetHTTP
import NIOCore

extension TransportStream {
  /// The body has other framing than gRPC's; called before its first byte.
  package func useBodyFraming(_ framing: BodyFraming) {
    assert(executor.isCurrent)
    loopState.framing = framing
    guard let form = duplexForm else { return }
    limitMessages(to: form.maxMessageBytes)
    form.attach(to: self)
  }

  /// The form of the body, if it goes both ways.
  package var duplexForm: (any DuplexForm)? {
    switch loopState.framing {
    case .duplex(let form): form
    case .tunnel(let form): form
    case .whole, .other, nil: nil
    }
  }

  /// Sends what the form has to send by itself, unless much is queued already.
  package func sendOutputOfForm() {
    assert(executor.isCurrent)
    let wasEmpty = outbound.queue.isEmpty
    queueOutputOfForm()
    if wasEmpty, !outbound.queue.isEmpty { resumeOutput() }
  }

  /// The carrier, which asks for output, need not be told of it.
  func queueOutputOfForm() {
    guard outbound.queue.byteCount <= Self.maxQueuedBytes, takesOutputOfForm, let output = duplexForm?.takeOutput()
    else { return }
    outbound.queue.append(output)
    noteOutbound(output.readableBytes)
  }

  /// A tunnel has something to say even after the call's end.
  private var takesOutputOfForm: Bool {
    switch outbound.end {
    case .open: true
    case .failed(_, sendsRest: false): tunnel != nil
    case .failed, .finished: false
    }
  }

  /// Tells a form whose stream would not end by itself.
  package func drainForm() {
    duplexForm?.drain()
    sendOutputOfForm()
  }

  /// Takes a part of the body.
  @inline(never)
  func receive(_ bytes: UnsafeRawBufferPointer, in framing: BodyFraming) {
    switch framing {
    case .whole:
      let bufferedBytes = loopState.inbound.bufferedBytes
      buffers._withUnsafeGuaranteedRef { loopState.inbound.appendWhole(bytes, memory: $0) }
      noteInbound(loopState.inbound.bufferedBytes - bufferedBytes)
    case .other(let form): append(from: form) { framed throws(RPCError) in try form.take(bytes, into: &framed) }
    case .duplex(let form):
      append(from: form) { framed throws(RPCError) in try form.take(bytes, into: &framed) }
      finishTaking(form)
    case .tunnel(let form):
      append(from: form) { framed throws(RPCError) in try form.take(bytes, into: &framed) }
      handleEvents(of: form)
      finishTaking(form)
    }
    loopState.call?.receiveData()
    wakeReader()
  }

  /// - Returns: whether the form has given out everything.
  @inline(never)
  func finishBody(in framing: BodyFraming) -> Bool {
    switch framing {
    case .whole(let isCompressed):
      let bufferedBytes = loopState.inbound.bufferedBytes
      loopState.inbound.finishWhole(isCompressed: isCompressed)
      noteInbound(loopState.inbound.bufferedBytes - bufferedBytes)
    case .other(let form): append(from: form) { framed throws(RPCError) in try form.finish(into: &framed) }
    case .duplex(let form):
      append(from: form) { framed throws(RPCError) in try form.finish(into: &framed) }
      finishTaking(form)
      return form.heldBytes == 0
    case .tunnel(let form):
      append(from: form) { framed throws(RPCError) in try form.finish(into: &framed) }
      handleEvents(of: form)
      finishTaking(form)
    }
    return true
  }

  /// What was no message counts as read.
  private func finishTaking(_ form: any DuplexForm) {
    if let end = form.takeEnd() { loopState.inbound.finish(throwing: end.error) }
    sendOutputOfForm()
    let readBytes = unreadBytes - loopState.inbound.bufferedBytes - form.heldBytes - form.partialBytes
    if readBytes > 0 { connection?.giveBack(readBytes, to: self) }
  }

  /// Whether the peer may have to wait until something is read here.
  package var holdsPeerBack: Bool { connection?.holdsBack(self) ?? false }

  /// How many bytes of the form wait until messages were read.
  var heldBytesOfForm: Int { loopState.framing == nil ? 0 : duplexForm?.heldBytes ?? 0 }

  /// The form may have more to give out than before.
  package func takeMoreFromForm() {
    assert(executor.isCurrent)
    guard let form = duplexForm else { return }
    takeMore(from: form)
    wakeReader()
  }

  func takeMore(from form: any DuplexForm) {
    append(from: form) { framed throws(RPCError) in try form.resume(into: &framed) }
    finishTaking(form)
  }

  /// A form that does not frame has made a message; called while it takes bytes.
  package func deliver(_ message: consuming MessageDeframer.Message) {
    assert(executor.isCurrent)
    loopState.inbound.append(message)
  }

  private func append(from form: any BodyForm, _ make: (inout ByteBuffer) throws(RPCError) -> Void) {
    // A tunnel lasts longer than the request.
    guard loopState.inbound.isOpen || tunnel != nil else { return }
    let heldBytes = form.heldBytes, bufferedBytes = loopState.inbound.bufferedBytes
    var framed = ByteBuffer()
    do throws(RPCError) {
      try make(&framed)
      framed.withUnsafeReadableBytes { bytes in
        buffers._withUnsafeGuaranteedRef { if !bytes.isEmpty { loopState.inbound.append(bytes, memory: $0) } }
      }
    } catch {
      loopState.inbound.fail(error)
    }
    hold(form.heldBytes - heldBytes)
    noteInbound(loopState.inbound.bufferedBytes - bufferedBytes)
  }
}
