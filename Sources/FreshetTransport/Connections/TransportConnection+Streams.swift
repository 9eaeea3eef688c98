// A connection's table of streams.

extension TransportConnection {
  /// Calls `body` with every open stream; it may close them.
  public func forEachStream(_ body: (TransportStream) -> Void) {
    assert(executor.isCurrent)
    for stream in state.streams { body(stream) }
  }

  /// - Parameter keptWindowBytes: how many bytes read need not be returned at once.
  func add(_ stream: TransportStream, keptWindowBytes: Int) {
    assert(executor.isCurrent)
    stream.loopState.connection = Borrowable(self)
    stream.loopState.keptWindowBytes = keptWindowBytes
    stream.loopState.slot = state.streams.count
    state.streams.append(stream)
    stream.countQueued(in: self)
    executor.streamOpened()
  }

  /// Removes a stream from the table in constant time: the last one moves into its slot.
  func remove(_ stream: TransportStream) {
    assert(executor.isCurrent)
    let last = state.streams.removeLast()
    if last !== stream {
      last.loopState.slot = stream.loopState.slot
      state.streams[stream.loopState.slot] = last
    }
    executor.streamClosed()
    // The end of the last stream may be the connection's; inside the session, what follows looks at that anyway.
    if !executor.state.isInSession { scheduleFlush() }
    state.delegate?.connectionMayHaveRoom(self)
  }
}
