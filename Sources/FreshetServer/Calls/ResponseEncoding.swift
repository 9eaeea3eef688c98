// How a call's responses are compressed: as its handler wants, if its client accepts that (grpc-wire.md S6).
import FreshetCore
import Synchronization

enum ResponseEncoding: Sendable {
  /// To be announced in the response's headers, if the client accepts it. → settled
  case wanted(Compression?)
  /// As announced in the headers; nil for identity. Final.
  case settled(Compression?)

  var compression: Compression? {
    switch self {
    case .wanted(let compression), .settled(let compression): compression
    }
  }

  /// The handler's choice, effective until the headers are written.
  mutating func want(_ compression: Compression?) {
    switch self {
    case .wanted: self = .wanted(compression)
    case .settled: break  // the headers may already be in flight
    }
  }

  /// The headers or the first message are being written: from now on nothing changes.
  mutating func settle(for head: RequestHead?) -> Compression? {
    switch self {
    case .wanted(nil):
      self = .settled(nil)
      return nil
    case .wanted(let compression?):
      let accepted = head?.accepts(compression) == true ? compression : nil
      self = .settled(accepted)
      return accepted
    case .settled(let compression): return compression
    }
  }
}

extension ServerCall {
  var responseCompression: Compression? {
    get { shared.withLock { $0.encoding.compression } }
    set {
      shared.withLock { $0.encoding.want(newValue) }
      if newValue != nil { mayCompress.store(true, ordering: .relaxed) }
    }
  }

  /// The compression of the next response; nil for identity, which is legal for each message of any call.
  func compression(ofResponseWith bytes: Int) -> Compression? {
    guard mayCompress.load(ordering: .relaxed) else { return nil }
    return shared.withLock { shared in
      let compression = shared.encoding.settle(for: head)
      return shared.compressesResponses && bytes >= options.minimumCompressedBytes ? compression : nil
    }
  }
}
