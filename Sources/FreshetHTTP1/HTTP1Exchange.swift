// One request and its answer on an HTTP/1.1 connection, of which the connection carries one at a time.
import FreshetHTTP
import FreshetTransport
import NIOHTTP1

/// How far a request and its answer have come.
struct HTTP1Exchange {
  enum Request {
    /// The body is being received. nil: its length is not known. → ended
    case body(left: Int?)
    /// All of it was received.
    case ended
  }

  enum Answer {
    /// The call has said nothing. → head
    case awaited
    /// To be written, with as much of the body as there is. → body, done
    case head(HeaderFields, endStream: Bool)
    /// → done
    case body(HTTP1BodyFraming)
    /// All of it was written.
    case done
  }

  /// nil once it is closed.
  var stream: TransportStream?
  let isHead: Bool
  let isHTTP10: Bool
  /// Whether the connection may carry another request afterwards.
  var keepsAlive: Bool
  var request: Request
  var answer = Answer.awaited
  /// Whether the client waits for leave to send the body.
  var owesContinue: Bool
  /// How many bytes of the body have come.
  var receivedBytes = 0
  /// How many bytes came that no call takes.
  var droppedBytes = 0

  init(_ stream: TransportStream, _ head: HTTP1RequestHead) {
    self.stream = stream
    isHead = head.isHead
    isHTTP10 = head.isHTTP10
    keepsAlive = head.keepsAlive
    request = .body(left: head.contentLength)
    owesContinue = head.expectsContinue
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

  /// A part of the body has come.
  mutating func receiveBody(_ count: Int) {
    receivedBytes += count
    owesContinue = false
    if case .body(let left?) = request { request = .body(left: left - count) }
  }

  /// Whether what is left of a request that was answered before its end is few enough bytes to be dropped (web.md W104). A client
  /// that waits for leave to send its body may send it or not, so that what follows cannot be told apart.
  func canDropRest(_ maxBytes: Int) -> Bool {
    if owesContinue { return false }
    switch request {
    case .ended: return true
    case .body(let left?): return left + droppedBytes <= maxBytes
    case .body(nil): return droppedBytes <= maxBytes
    }
  }
}
