// A stream without a connection on its own loop, relayed to and from a stream elsewhere.
package import FreshetCore
package import FreshetHTTP
package import NIOCore

/// Forwards a stream's output to another stream, and what that receives back. Called on the stream's loop.
package protocol StreamRelay: AnyObject {
  /// There is output, or its end.
  func streamHasOutput()
  /// Everything was read, and more is waited for.
  func streamWantsMore()
  /// The stream was reset.
  func streamWasReset(_ code: ErrorCode)
}

extension TransportStream {
  /// From here on a relay replaces a connection. The stream must not be open.
  package func begin(_ relay: any StreamRelay, for call: any TransportStreamDelegate) {
    assert(executor.isCurrent)
    precondition(connection == nil, "a stream has one carrier")
    loopState.relay = relay
    delegate = call
    wakeReader()  // which tells the relay that a reader waits
  }

  /// The relay has forwarded everything, or will not. To reopen a stream, rewind it or put its output back.
  package func endRelay() {
    assert(executor.isCurrent)
    loopState.relay = nil
    delegate = nil
  }

  /// Everything that is queued, and whether nothing follows it; nil if there is nothing to send.
  package func takeOutput() -> (bytes: ByteBuffer, isLast: Bool)? {
    let count: Int
    let isLast: Bool
    switch availableOutput(maxBytes: .max) {
    case .nothing: return nil
    case .bytes(let available): (count, isLast) = (available, false)
    case .last(let available), .lastThenTrailers(let available, _): (count, isLast) = (available, true)
    }
    var bytes = ByteBuffer()
    bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
      if let start = memory.baseAddress { writeOutput(count, to: start) }
      return count
    }
    return (bytes, isLast)
  }

  /// Whether more may be queued without waiting for room.
  package var hasRoomForOutput: Bool { hasRoom }

  /// The relay has sent none of the output that it took.
  package func putBack(_ bytes: ByteBuffer) { putBackOutput(bytes) }

  /// A message that the other stream has received.
  package func receive(relayed message: MessageDeframer.Message) {
    let payload = message.payload
    var bytes = ByteBuffer()
    bytes.reserveCapacity(MessageFramer.prefixBytes + payload.readableBytes)
    bytes.writeInteger(UInt8(message.isCompressed ? 1 : 0))
    bytes.writeInteger(UInt32(payload.readableBytes))
    bytes.writeImmutableBuffer(payload)
    bytes.withUnsafeReadableBytes { receiveData($0) }
  }
}
