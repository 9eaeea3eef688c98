// A connection's table of streams.

extension TransportConnection {
  /// Calls `body` with every open stream; it may close them.
  public func forEachStream(_ body: (TransportStream) -> Void) {
    for stream in streams { body(stream) }
  }

  /// - Parameter keptWindowBytes: how many bytes read need not be returned at once.
  func add(_ stream: TransportStream, keptWindowBytes: Int) {
    stream.connection = self
    stream.keptWindowBytes = keptWindowBytes
    stream.slot = streams.count
    streams.append(stream)
    executor.streamOpened()
  }

  /// Removes a stream from the table in constant time: the last one moves into its slot.
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
}
