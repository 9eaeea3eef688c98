// Connect's streams, whose end is the last envelope of the body (web.md W37).
package import FreshetCore
package import FreshetHTTP
package import FreshetServer

/// Connect's streams with messages of one format.
package final class ConnectStreamWire: CallWire {
  private let head: AnswerHead
  package let callProtocol = CallProtocol.connect
  package var plainHead: HeaderFields { head.plain }
  package let plainEnd: HeaderFields? = nil
  package let framing = MessageFraming.prefixed
  package let holdsResponse = false
  package let malformedRequestCode = Status.Code.invalidArgument

  init(mediaType: String, _ cors: CORSAnswer) {
    head = AnswerHead(mediaType: mediaType, encodingField: "connect-content-encoding", cors)
  }

  package func duration(_ timeout: UnsafeRawBufferPointer, _ head: RequestHead) throws(CallRefusal) -> Duration? {
    head.timeout  // grpc-timeout means nothing here
  }

  package func accepts(_ compression: Compression, _ head: RequestHead) -> Bool {
    AcceptedEncodings(head.fields, in: "connect-accept-encoding")
      .accepts(compression.name, requestEncoding: head.compression?.name)
  }

  package func metadata(in fields: HeaderFields) -> Metadata { WebMetadata.read(fields) }

  package func responseHead(_ metadata: Metadata, compression: Compression?) -> HeaderFields {
    head.with(metadata, compression: compression)
  }

  package func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding {
    CallEnding(
      end.status, head: end.initialMetadata.map { self.head.with($0) },
      body: ConnectEnd(end.status, details: end.details, metadata: end.trailingMetadata).envelope)
  }
}
