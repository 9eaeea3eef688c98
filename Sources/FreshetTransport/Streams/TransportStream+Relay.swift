// A stream that has no connection on its own loop: what it sends and receives goes to and comes from a stream elsewhere.
package import FreshetCore
package import FreshetHTTP
package import NIOCore

/// Brings a stream's output to another stream, and what that receives back. Called on the stream's loop.
package protocol StreamRelay: AnyObject {
  /// There is output, or the end of it.
  func streamHasOutput()
  /// All was read, and more is waited for.
  func streamWantsMore()
  /// The stream was given up.
  func streamWasReset(_ code: ErrorCode)
}

extension TransportStream {
  /// From here on a relay does what a connection would. The stream must not be open.
  package func begin(_ relay: any StreamRelay, for call: any TransportStreamDelegate) {
    precondition(connection == nil, "a stream has one carrier")
    self.relay = relay
    delegate = call
    wakeReader()  // which tells the relay that a reader waits
  }

  /// The relay has brought everything, or nothing will come of it. A stream that is to be opened again is rewound or gets its
  /// output put back.
  package func endRelay() {
    relay = nil
    delegate = nil
  }

  /// All that is queued, and whether nothing follows it; nil when there is nothing to be said.
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

  /// The relay has sent nothing of what it took.
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
