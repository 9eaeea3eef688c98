// How a connection writes its responses: heads, and bodies in their framing.
import FreshetHTTP
import FreshetTransport
import NIOCore

extension HTTP1Connection {
  func writeHead(
    _ fields: HeaderFields, endStream: Bool, _ exchange: HTTP1Exchange, into buffer: inout ByteBuffer
  ) {
    let found = HTTP1Writer.Fields(fields)
    if exchange.mayUpgrade, decideUpgrade(found.status, exchange) {
      HTTP1Writer.writeSwitch(fields, date: date(), into: &buffer)
      return switchProtocol()
    }
    var known: Int? = endStream ? 0 : nil
    if !endStream, let stream = exchange.stream, case .last(let count) = stream.availableOutput(maxBytes: .max) {
      known = count
    }
    let framing = HTTP1BodyFraming(
      status: found.status, isHead: exchange.isHead, isHTTP10: exchange.isHTTP10, announced: found.length, known: known)
    var keepsAlive = exchange.keepsAlive && framing != .untilClose && !state.isDraining
    if found.closes { keepsAlive = false }
    if !exchange.isRequestEnded, known != nil, !exchange.canDropRest(settings.maxDrainedBytes) { keepsAlive = false }
    state.exchange?.keepsAlive = keepsAlive
    HTTP1Writer.write(
      fields, found,
      HTTP1Writer.Head(framing: framing, keepsAlive: keepsAlive, isHTTP10: exchange.isHTTP10, date: date()),
      into: &buffer)
    state.exchange?.answer = .body(framing)
    if endStream { finishAnswer(complete: true) }
  }

  /// - Returns: whether the connection switches to another protocol. If not, this was an ordinary request.
  private func decideUpgrade(_ status: Int, _ exchange: HTTP1Exchange) -> Bool {
    if status == 101 {
      state.exchange?.keepsAlive = false
      state.exchange?.answer = .body(.untilClose)
      return true
    }
    state.exchange?.mayUpgrade = false
    exchange.stream?.noteEndReceived()
    exchange.stream?.receiveEndStream()
    return false
  }

  /// - Returns: whether more may follow.
  func writeBody(
    of stream: TransportStream, _ framing: HTTP1BodyFraming, _ room: Int, into buffer: inout ByteBuffer
  ) -> Bool {
    switch stream.availableOutput(maxBytes: room) {
    case .nothing: return false
    case .bytes(let count): write(count, of: stream, framing, into: &buffer)
    case .last(let count):
      write(count, of: stream, framing, into: &buffer)
      endBody(nil, into: &buffer)
    case .lastThenTrailers(let count, let trailers):
      write(count, of: stream, framing, into: &buffer)
      endBody(trailers, into: &buffer)
    }
    return true
  }

  private func write(
    _ count: Int, of stream: TransportStream, _ framing: HTTP1BodyFraming, into buffer: inout ByteBuffer
  ) {
    if count == 0 { return }
    switch framing {
    case .none:
      var dropped = ByteBuffer()
      move(count, of: stream, into: &dropped)
    case .length(let left):
      move(count, of: stream, into: &buffer)
      state.exchange?.answer = .body(.length(left: left - count))
    case .chunked:
      buffer.writeString(String(count, radix: 16) + "\r\n")
      move(count, of: stream, into: &buffer)
      buffer.writeStaticString("\r\n")
    case .untilClose: move(count, of: stream, into: &buffer)
    }
  }

  private func move(_ count: Int, of stream: TransportStream, into buffer: inout ByteBuffer) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
      if let start = memory.baseAddress { stream.writeOutput(count, to: start) }
      return count
    }
  }

  func endBody(_ trailers: HeaderFields?, into buffer: inout ByteBuffer) {
    guard case .body(let framing)? = state.exchange?.answer else { return }
    switch framing {
    case .chunked: HTTP1Writer.writeTrailers(trailers ?? HeaderFields(), into: &buffer)
    case .length(let left): return finishAnswer(complete: left == 0)
    case .none, .untilClose: break
    }
    finishAnswer(complete: true)
  }

  /// The response has been written.
  /// - Parameter complete: whether it has the length announced in the head; if not, the connection closes to signal
  ///   that.
  private func finishAnswer(complete: Bool) {
    state.exchange?.answer = .done
    if !complete { state.exchange?.keepsAlive = false }
    guard let stream = state.exchange?.stream else { return }
    stream.noteEndSent()
    closeStream(stream.isClosed ? .ended : .resetByUs(.noError))
  }
}
