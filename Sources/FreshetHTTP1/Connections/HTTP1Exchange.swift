// One request and its response; an HTTP/1.1 connection carries one at a time.
import FreshetHTTP
import FreshetTransport

/// The state of a request and its response.
struct HTTP1Exchange {
  enum Request {
    /// The body is being received. nil: of unknown length. → ended
    case body(left: Int?)
    /// Completely received.
    case ended
  }

  enum Answer {
    /// The call has not answered. → head
    case awaited
    /// To be written, with the available part of the body. → body, done
    case head(HeaderFields, endStream: Bool)
    /// → done
    case body(HTTP1BodyFraming)
    /// Completely written.
    case done
  }

  /// nil once it is closed.
  var stream: TransportStream?
  let isHead: Bool
  let isHTTP10: Bool
  /// Whether the connection stays open for another request.
  var keepsAlive: Bool
  var request: Request
  var answer = Answer.awaited
  /// Ends the response, without more of its body.
  var trailers: HeaderFields?
  /// Whether the client expects 100 Continue before it sends the body.
  var owesContinue: Bool
  /// Whether 101 switches the connection to another protocol. Until the response's head the request is complete as one of
  /// HTTP, but its stream has not ended.
  var mayUpgrade: Bool
  /// How many bytes of the body have arrived.
  var receivedBytes = 0
  /// How many bytes arrived after the call ended.
  var droppedBytes = 0

  init(_ stream: TransportStream, _ head: HTTP1RequestHead) {
    self.stream = stream
    isHead = head.isHead
    isHTTP10 = head.isHTTP10
    keepsAlive = head.keepsAlive
    request = .body(left: head.contentLength)
    owesContinue = head.expectsContinue
    mayUpgrade = head.asksForUpgrade
  }

  var isRequestEnded: Bool {
    if case .ended = request { true } else { false }
  }

  var isAnswerDone: Bool {
    if case .done = answer { true } else { false }
  }

  var isAnswerAwaited: Bool {
    if case .awaited = answer { true } else { false }
  }

  /// A part of the body has arrived.
  mutating func receiveBody(_ count: Int) {
    receivedBytes += count
    owesContinue = false
    if case .body(let left?) = request { request = .body(left: left - count) }
  }

  /// Whether the rest of a request that was answered early is short enough to be drained (web.md W104). A client that
  /// expects 100 Continue may send its body or not, so the bytes that follow are ambiguous.
  func canDropRest(_ maxBytes: Int) -> Bool {
    if owesContinue { return false }
    switch request {
    case .ended: return true
    case .body(let left?): return left + droppedBytes <= maxBytes
    case .body(nil): return droppedBytes <= maxBytes
    }
  }
}
