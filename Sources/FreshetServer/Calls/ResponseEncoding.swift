// How a call's responses are compressed: what its handler wants, as far as its client takes it (grpc-wire.md S6).
import FreshetCore
import Synchronization

enum ResponseEncoding: Sendable {
  /// What the response's headers will announce, if the client takes it. → settled
  case wanted(Compression?)
  /// What the headers announce; nil for identity. Final.
  case settled(Compression?)

  var compression: Compression? {
    switch self {
    case .wanted(let compression), .settled(let compression): compression
    }
  }

  /// The handler's wish, which counts until the headers are made.
  mutating func want(_ compression: Compression?) {
    switch self {
    case .wanted: self = .wanted(compression)
    case .settled: break  // the headers may be on their way already
    }
  }

  /// The headers or the first message are being made: from now on nothing changes.
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

  /// What the next response goes out with; nil for identity, which is legal for each message of any call.
  func compression(ofResponseWith bytes: Int) -> Compression? {
    guard mayCompress.load(ordering: .relaxed) else { return nil }
    return shared.withLock { shared in
      let compression = shared.encoding.settle(for: head)
      return shared.compressesResponses && bytes >= options.minimumCompressedBytes ? compression : nil
    }
  }
}
