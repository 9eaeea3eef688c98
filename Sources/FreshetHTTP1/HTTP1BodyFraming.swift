// Where a response's body ends.

/// How the end of a response's body is marked (RFC 9112 §6.3).
enum HTTP1BodyFraming: Equatable {
  /// There is none: HEAD, 204, 304.
  case none
  /// The head says the length; so many bytes are left.
  case length(left: Int)
  case chunked
  /// The connection closes behind it: for HTTP/1.0.
  case untilClose

  /// - Parameters:
  ///   - announced: the head's Content-Length.
  ///   - known: the whole body's length, where all of it is there already.
  init(status: Int, isHead: Bool, isHTTP10: Bool, announced: Int?, known: Int?) {
    if isHead || status == 204 || status == 304 || (100..<200).contains(status) {
      self = .none
    } else if let length = announced ?? known {
      self = .length(left: length)
    } else {
      self = isHTTP10 ? .untilClose : .chunked
    }
  }
}
