// gRPC in the messages of a WebSocket: its heads and trailers are gRPC's, and the tunnel frames them.
import FreshetCore
import FreshetHTTP
import FreshetServer
import FreshetTransport

/// What `GRPCWire` is over HTTP/2; see `CallTunnel`.
final class SocketCallWire: CallWire {
  let callProtocol = CallProtocol.grpcWebSocket
  let plainHead: HeaderFields = [":status": "200"]
  var plainEnd: HeaderFields? { grpc.plainEnd }
  let framing = MessageFraming.prefixed
  let holdsResponse = false
  /// Text is not compressed.
  private let mayCompress: Bool
  private let grpc: any CallWire

  /// - Parameter head: as gRPC's own wire has read it.
  init(_ head: RequestHead, isText: Bool) {
    grpc = head.wire
    mayCompress = !isText
  }

  func duration(_ timeout: UnsafeRawBufferPointer, _ head: RequestHead) throws(CallRefusal) -> Duration? {
    try grpc.duration(timeout, head)
  }

  func accepts(_ compression: Compression, _ head: RequestHead) -> Bool {
    mayCompress && grpc.accepts(compression, head)
  }

  func metadata(in fields: HeaderFields) -> Metadata { WebMetadata.read(fields) }

  func responseHead(_ metadata: Metadata, compression: Compression?) -> HeaderFields {
    grpc.responseHead(metadata, compression: compression)
  }

  func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding {
    grpc.ending(of: end, maxHeaderBytes: maxHeaderBytes)
  }
}
