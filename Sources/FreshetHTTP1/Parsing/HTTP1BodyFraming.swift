// The framing of response bodies.

/// How the end of a response's body is marked (RFC 9112 §6.3).
enum HTTP1BodyFraming: Equatable {
  /// No body: HEAD, 204, 304.
  case none
  /// The head has a Content-Length, of which this many bytes are left.
  case length(left: Int)
  case chunked
  /// Ends with the connection, for HTTP/1.0.
  case untilClose

  /// - Parameters:
  ///   - announced: the Content-Length in the head.
  ///   - known: the length of the body, if all of it is available.
  init(status: Int, isHead: Bool, isHTTP10: Bool, announced: Int?, known: Int?) {
    if Self.hasNoBody(status: status, isHead: isHead) {
      self = .none
    } else if let length = announced ?? known {
      self = .length(left: length)
    } else {
      self = isHTTP10 ? .untilClose : .chunked
    }
  }

  /// Whether a response has no body, whatever its fields say of one.
  static func hasNoBody(status: Int, isHead: Bool) -> Bool {
    isHead || status == 204 || status == 304 || (100..<200).contains(status)
  }
}
