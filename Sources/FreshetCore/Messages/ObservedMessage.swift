// One message as reported to observers.
import NIOCore

/// One message of an observed call.
public struct ObservedMessage: Sendable, Hashable {
  /// Its size on the wire: compressed if it was, without the protocol's framing.
  public let bytes: Int
  /// Whether it was compressed.
  public let isCompressed: Bool

  package init(bytes: Int, isCompressed: Bool) {
    self.bytes = bytes
    self.isCompressed = isCompressed
  }

  package init(_ message: MessageDeframer.Message) {
    self.init(bytes: message.payload.readableBytes, isCompressed: message.isCompressed)
  }
}
