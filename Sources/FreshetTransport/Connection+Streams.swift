// A connection's part for its streams: the table of them, and what they ask of the HTTP/2 session.
public import FreshetHTTP
import FreshetHTTP2

extension Connection {
  /// Calls `body` with every open stream; it may close them.
  public func forEachStream(_ body: (TransportStream) -> Void) {
    for stream in streams { body(stream) }
  }

  /// Lets tests come to the end of the stream identifiers.
  func skipStreamIDs() { session?.skipStreamIDs() }

  /// Opens a stream with a request's head.
  public func open(_ stream: TransportStream, _ fields: HeaderFields) throws(TransportError) {
    guard let session, state.isReceiving else { throw TransportError(.noMoreStreams, "the connection is closed") }
    do throws(HTTP2Error) {
      try session.submitRequest(stream, fields)
    } catch {
      throw TransportError(error)
    }
    add(stream)
    scheduleFlush()
  }

  func add(_ stream: TransportStream) {
    stream.connection = self
    stream.keptWindowBytes = configuration.http2.firstStreamWindowBytes / 8
    stream.slot = streams.count
    streams.append(stream)
    executor.streamOpened()
  }

  /// Takes a stream out of the table in constant time: the last one moves into its place.
  func remove(_ stream: TransportStream) {
    let last = streams.removeLast()
    if last !== stream {
      last.slot = stream.slot
      streams[stream.slot] = last
    }
    executor.streamClosed()
    scheduleFlush()
    delegate?.connectionMayHaveRoom(self)
  }

  var maxPeerHeaderListBytes: Int { session?.maxPeerHeaderListBytes ?? .max }

  func submitResponse(_ stream: TransportStream, _ fields: HeaderFields, endStream: Bool) {
    let isSubmitted = borrowedSession?._withUnsafeGuaranteedRef { session in
      do throws(HTTP2Error) {
        try session.submitResponse(stream, fields, endStream: endStream)
        return true
      } catch {
        return false
      }
    }
    if isSubmitted == false { session?.reset(stream, .internalError) }
    scheduleFlush()
  }

  func sendTrailers(_ stream: TransportStream, _ fields: HeaderFields) {
    do throws(HTTP2Error) {
      try session?.sendTrailers(stream, fields)
    } catch {
      session?.reset(stream, .internalError)
    }
    scheduleFlush()
  }

  func resumeOutput(_ stream: TransportStream) {
    borrowedSession?._withUnsafeGuaranteedRef { $0.resumeOutput(stream) }
    scheduleFlush()
  }

  func reset(_ stream: TransportStream, _ code: ErrorCode) {
    session?.reset(stream, code)
    scheduleFlush()
  }

  func giveBack(_ bytes: Int, to stream: TransportStream) {
    guard let session else { return }
    if session.giveBack(bytes, to: stream) { stream.keptWindowBytes = session.windowBytes(of: stream) / 8 }
    flushIfNeeded()
  }

  /// Counts what the peer's streams have cost this side for nothing.
  public func bear(_ burden: Burden, times: Int) {
    for _ in 0..<times { session?.bear(burden) }
  }

  /// A stream ends with bytes that the peer had no window for.
  func leaveUnread(_ stream: TransportStream) { session?.bear(.unreadStreams) }
}
