// What the head of a request says, whatever protocol it came in.
package import FreshetCore
package import FreshetHTTP

/// What the headers of an acceptable request say, but for a time-out that stands beside them: requests that differ in nothing
/// else share it.
package final class RequestHead: Sendable {
  package let wire: any CallWire
  package let route: Route
  /// Which of the method's formats its messages have; see `MethodHandler.formats`.
  package let format: Int
  /// How the client's messages are compressed; nil for identity.
  package let compression: Compression?
  /// The time that the fields give the call.
  package let timeout: Duration?
  package let fields: HeaderFields
  /// The wire's, at hand for each call.
  let plainHead: HeaderFields
  let plainEnd: HeaderFields?
  let prefixBytes: Int
  let hasOwnFraming: Bool
  let holdsResponse: Bool

  package init(
    _ wire: any CallWire, _ route: Route, format: Int = 0, _ fields: HeaderFields, compression: Compression?,
    timeout: Duration? = nil
  ) {
    self.wire = wire
    self.route = route
    self.format = format
    self.fields = fields
    self.compression = compression
    self.timeout = timeout
    plainHead = wire.plainHead
    plainEnd = wire.plainEnd
    (prefixBytes, hasOwnFraming) =
      switch wire.framing {
      case .prefixed: (MessageFramer.prefixBytes, false)
      case .own(let prefixBytes): (prefixBytes, true)
      }
    holdsResponse = wire.holdsResponse && route.handler.kind.givesOneResponse
  }

  /// Read on demand, since most handlers do not look.
  func makeMetadata() -> Metadata { wire.metadata(in: fields) }

  /// Read on demand, since most calls do not compress.
  func accepts(_ compression: Compression) -> Bool { wire.accepts(compression, self) }
}
