// An attempt in another protocol than gRPC: its wire writes the request's head and interprets the response.
import FreshetCore
import FreshetHTTP
import FreshetTransport

extension CallAttempt {
  /// The head of a request that is sent now. The stream has the request's body if that has one message.
  @inline(never)
  final func requestHead(_ head: RequestHead, in wire: any ClientWire) throws(RPCError) -> HeaderFields {
    let request = head.wireRequest(on: stream.executor)
    attempt.form = wire.responseForm(request)
    if wire.prefersMessageInHead(request.kind, request.idempotency), let output = stream.takeOutput() {
      if output.isLast, let fields = try wire.requestHead(request, holding: output.bytes) { return fields }
      stream.putBack(output.bytes)
    }
    return try wire.requestHead(request)
  }

  @inline(never)
  final func receive(_ fields: HeaderFields, endStream: Bool, in form: any ResponseForm) {
    if attempt.state != .sent { return }  // trailers, which mean nothing here
    if !endStream, fields.isInterim { return receiveInterim() }
    stream.commit()
    switch form.receiveHead(fields, endStream: endStream) {
    case .begins(let metadata, let compression):
      if attempt.state.receiveHead() { attemptReceivedHead(metadata, compression) }
    case .endsOnly: _ = attempt.state.receiveHead()
    case .fails(let error): attemptEnded(.failed(error, .cancel))
    }
  }

  @inline(never)
  final func receiveEnd(in form: any ResponseForm) {
    guard attempt.state.end() else { return }
    let end = form.end()
    if let error = end.error { stream.spoilEnd(throwing: error) }
    attemptEnded(.status(end.error, trailers: end.trailers))
  }
}

extension RequestHead {
  func wireRequest(on executor: LoopExecutor) -> WireRequest {
    let options = request.options
    return WireRequest(
      path: request.method, kind: kind, idempotency: idempotency, format: contentSubtype, authority: channel.authority,
      scheme: channel.scheme, timeout: timeout(on: executor),
      compression: kind == .unary && !isRequestCompressed ? nil : options.compression,
      compressions: channel.compressions, metadata: options.metadata,
      maxReceiveMessageBytes: options.maxReceiveMessageBytes ?? channel.maxReceiveMessageBytes)
  }
}

extension HeaderFields {
  /// Whether this is the head of an interim response (RFC 9110 §15.2).
  fileprivate var isInterim: Bool {
    first(":status").map { $0.utf8.count == 3 && $0.hasPrefix("1") } ?? false
  }
}
