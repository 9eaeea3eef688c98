// A session's part for peers that send more than they should.
import CNGHTTP2
import NIOCore

extension HTTP2Session {
  /// What the peer has done so far that brings neither side on.
  public var burdens: BurdenCounts { floods.counts }

  /// Counts what the peer has done; what it does to the budget shows when the next bytes come.
  public func bear(_ burden: Burden) { _ = receive(burden) }

  /// - Returns: what a callback of nghttp2 gives back: anything but zero ends the session.
  func receive(_ burden: Burden) -> Int32 {
    switch floods.receive(burden, now: delegate?.now ?? .now()) {
    case .bear: return 0
    case .tell:
      delegate?.receiveBurden(burden)
      return 0
    case .end: return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
  }

  /// Whether a header block was begun and is not whole yet: until it is, the peer can say nothing else.
  public var isReceivingHeaders: Bool { awaitsContinuation || receivingHeadersOf != 0 }

  var isFullOfStreams: Bool { peerStreamCount >= maxConcurrentStreams }

  static func flooded(by burden: Burden, _ setting: String) -> HTTP2Error {
    HTTP2Error(.flooded, "the peer sends more than it may (\(setting)), at last \(burden)")
  }
}
