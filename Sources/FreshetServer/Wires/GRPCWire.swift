// gRPC's wire format over HTTP: a server's responses (grpc-wire.md S10–S12, S16, S17).
package import FreshetCore
package import FreshetHTTP

/// gRPC; one object for the first formats of all methods, and one for each head that names another. `GRPCHead` parses
/// requests; `GRPCFields` writes responses, and `GRPCEnd` truncates them to the client's limit.
package final class GRPCWire: CallWire {
  package static let shared = GRPCWire()

  package let callProtocol = CallProtocol.grpc
  package let plainHead: HeaderFields
  package let plainEnd: HeaderFields? = GRPCFields.plainOK
  package let framing = MessageFraming.prefixed
  package let holdsResponse = false

  private init() { plainHead = GRPCFields.plainHead }

  /// A wire whose responses name this message format.
  init(answering format: String) { plainHead = [":status": "200", "content-type": "application/grpc+\(format)"] }

  package func responseHead(_ metadata: Metadata, compression: Compression?) -> HeaderFields {
    GRPCFields.head(metadata, encoding: compression?.name, from: plainHead)
  }

  package func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding {
    let isTrailersOnly = end.initialMetadata != nil
    var metadata = end.initialMetadata ?? Metadata()
    metadata.add(contentsOf: end.trailingMetadata)
    var cut = GRPCEnd(
      status: end.status, details: end.details, metadata: metadata,
      head: isTrailersOnly ? plainHead : nil)
    let (fields, loss) = cut.fit(maxBytes: maxHeaderBytes)
    return CallEnding(
      cut.status, head: isTrailersOnly ? fields : nil, trailers: isTrailersOnly ? nil : fields, loss: loss)
  }
}
