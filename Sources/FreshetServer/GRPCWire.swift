// gRPC's wire format over HTTP: the answers of a server (grpc-wire.md S10–S12, S16, S17).
package import FreshetCore
package import FreshetHTTP
package import NIOCore

/// gRPC. Requests are read in `GRPCHead`; what is sent is written by `GRPCFields`, and cut to what the client takes by `GRPCEnd`.
package final class GRPCWire: CallWire {
  static let shared = GRPCWire()

  package let plainHead = GRPCFields.plainHead
  package let plainEnd: HeaderFields? = GRPCFields.plainOK
  package let prefixBytes = MessageFramer.prefixBytes
  package let holdsResponse = false

  package func frame(
    _ encoded: consuming ByteBuffer, compression: Compression?
  ) throws(RPCError) -> ByteBuffer {
    try MessageFramer(compression: compression).frame(encoded, compressed: compression != nil)
  }

  package func responseHead(_ metadata: Metadata, compression: Compression?) -> HeaderFields {
    GRPCFields.head(metadata, encoding: compression?.name)
  }

  package func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding {
    let isTrailersOnly = end.initialMetadata != nil
    var metadata = end.initialMetadata ?? Metadata()
    metadata.add(contentsOf: end.trailingMetadata)
    var cut = GRPCEnd(
      status: end.status, details: end.details, metadata: metadata, isTrailersOnly: isTrailersOnly)
    let (fields, loss) = cut.fit(maxBytes: maxHeaderBytes)
    return CallEnding(
      cut.status, head: isTrailersOnly ? fields : nil, trailers: isTrailersOnly ? nil : fields, loss: loss)
  }
}
