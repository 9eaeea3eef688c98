// Bodies whose protocol has other framing than the five-byte prefix.
package import NIOCore
package import FreshetCore

/// How the body of a stream consists of messages, if not by gRPC's prefixes.
package enum BodyFraming {
  /// It is one message.
  case whole(isCompressed: Bool)
  case other(any BodyForm)
  /// Both directions have the protocol's own framing.
  case duplex(any DuplexForm)
  /// Likewise, and with the call's head and end in the body.
  case tunnel(any TunnelForm)
}

/// Turns the body of one stream into gRPC's framing as it arrives. Confined to the stream's loop.
package protocol BodyForm: AnyObject {
  /// Bytes that were taken and not given out yet.
  var heldBytes: Int { get }

  /// Takes a part of the body, and appends what it completes; or gives whole messages to the stream
  /// (`TransportStream.deliver`).
  /// - Throws: what ends the stream for its reader.
  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError)

  /// The body has ended.
  func finish(into framed: inout ByteBuffer) throws(RPCError)
}

/// The body form of a protocol that also frames what this side sends, and answers by itself: its stream is a connection
/// of that protocol. Confined to the stream's loop.
package protocol DuplexForm: BodyForm {
  /// The largest message that `take` makes.
  var maxMessageBytes: Int { get }

  /// How many bytes there are of a message that is not complete. The peer may send more of it when a reader waits.
  var partialBytes: Int { get }

  /// The form of this stream from now on.
  func attach(to stream: TransportStream)

  /// Messages were read: appends others that were held back until then.
  func resume(into framed: inout ByteBuffer) throws(RPCError)

  /// Frames a message of this side. What is empty then is not sent.
  /// - Throws: why nothing is sent any more.
  func frame(_ message: consuming ByteBuffer) throws(RPCError) -> ByteBuffer

  /// Output of its own that is due.
  func takeOutput() -> ByteBuffer?

  /// The peer has sent its last message, though the stream goes on; returned once.
  func takeEnd() -> BodyEnd?

  /// The server drains: the peer is asked to end.
  func drain()

  /// The stream is closed.
  func detach()
}

/// How the messages of a body have ended for their reader.
package struct BodyEnd: Sendable {
  package var error: RPCError?

  package init(_ error: RPCError?) { self.error = error }
}
