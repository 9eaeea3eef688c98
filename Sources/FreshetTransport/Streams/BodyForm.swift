// Bodies whose protocol has other framing than the five-byte prefix.
package import NIOCore
package import FreshetCore

/// How the body of a stream consists of messages, if not by gRPC's prefixes.
package enum BodyFraming {
  /// It is one message.
  case whole(isCompressed: Bool)
  case other(any BodyForm)
}

/// Turns the body of one stream into gRPC's framing as it arrives. Confined to the stream's loop.
package protocol BodyForm: AnyObject {
  /// Bytes that were taken and not given out yet.
  var heldBytes: Int { get }

  /// Takes a part of the body, and appends what it completes.
  /// - Throws: what ends the stream for its reader.
  func take(_ bytes: UnsafeRawBufferPointer, into framed: inout ByteBuffer) throws(RPCError)

  /// The body has ended.
  func finish(into framed: inout ByteBuffer) throws(RPCError)
}
