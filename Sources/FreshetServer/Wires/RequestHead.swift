// The parsed head of a request, independent of the protocol.
package import FreshetCore
package import FreshetHTTP

/// The headers of an acceptable request, except a separate time-out: requests that differ in nothing else share it.
package final class RequestHead: Sendable {
  package let wire: any CallWire
  package let route: Route
  /// The format of its messages, as an index; see `MethodHandler.formats`.
  package let format: Int
  /// The compression of the client's messages; nil for identity.
  package let compression: Compression?
  /// The call's time-out in these fields.
  package let timeout: Duration?
  package let fields: HeaderFields
  /// The wire's, copied for quick access by each call.
  let plainHead: HeaderFields
  let plainEnd: HeaderFields?
  let prefixBytes: Int
  let hasOwnFraming: Bool
  let holdsResponse: Bool
  let hasBodyFraming: Bool

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
    hasBodyFraming = wire.hasBodyFraming
    holdsResponse = wire.holdsResponse && route.handler.kind.givesOneResponse
  }

  /// Parsed on demand, since most handlers do not look.
  func makeMetadata() -> Metadata { wire.metadata(in: fields) }

  /// Checked on demand, since most calls do not compress.
  func accepts(_ compression: Compression) -> Bool { wire.accepts(compression, self) }
}
