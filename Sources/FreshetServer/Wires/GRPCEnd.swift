// The end of a call, truncated to what its client accepts.
import FreshetCore
import FreshetHTTP

/// A call's status and what is sent with it.
struct GRPCEnd {
  var status: Status
  var details: [UInt8]?
  var metadata: Metadata = Metadata()
  /// The fields of the head, if nothing was sent before.
  var head: HeaderFields?

  var fields: HeaderFields {
    if let head { return GRPCFields.trailersOnly(status, details: details, metadata: metadata, from: head) }
    return GRPCFields.trailers(status, details: details, metadata: metadata)
  }

  /// Drops what the client would not accept (SETTINGS_MAX_HEADER_LIST_SIZE), except the code: first the end of the
  /// message, then metadata and details. An OK whose metadata is lost becomes an error.
  /// - Returns: what is sent, and what is lost, if anything.
  mutating func fit(maxBytes: Int) -> (HeaderFields, loss: String?) {
    let whole = fields
    // The limit is advisory (RFC 9113 §6.5.2): what cannot be cut is sent all the same.
    let isLeast = status == .ok && details == nil && metadata.isEmpty
    if isLeast || whole.listBytes <= maxBytes { return (whole, nil) }
    let tooMuch =
      "\(whole.listBytes) bytes of status and trailing metadata exceed the \(maxBytes) that the client accepts"
    if messageRoom(maxBytes) < min(Self.leastMessageBytes, PercentEncoding.encode(status.message).utf8.count) {
      details = nil
      metadata = [:]
      if status.code == .ok { status = Status(code: .resourceExhausted, message: tooMuch) }
    }
    status.message = PercentEncoding.shorten(status.message, maxEncodedBytes: messageRoom(maxBytes))
    return (fields, tooMuch)
  }

  /// Below this, metadata and details are dropped in favour of the message.
  private static let leastMessageBytes = 256

  /// The room for the encoded message beside everything else; negative if the rest does not fit.
  private func messageRoom(_ maxBytes: Int) -> Int {
    var rest = self
    rest.status.message = ""
    return maxBytes - rest.fields.listBytes - "grpc-message".utf8.count - 32
  }
}
