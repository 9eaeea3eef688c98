// The part of a call that its handler's context uses, and a context without a call.
public import FreshetCore
import FreshetTransport
public import Logging
import NIOPosix
import Synchronization

extension ServerCall {
  var isDraining: Bool { connection.isDraining }
  func waitForDrain() async { await connection.waitForDrain() }

  var isCancelled: Bool { shared.withLock { $0.end != nil } }

  var method: String { head?.route.handler.path ?? state.rare?.state.pretendedMethod ?? "" }
  var peer: String { connection.peer }
  var peerCertificateDER: [UInt8]? { connection.peerCertificateDER }

  var metadata: Metadata {
    get {
      shared.withLock { shared in
        if let known = shared.requestMetadata { return known }
        let made = head?.makeMetadata() ?? Metadata()
        shared.requestMetadata = made
        return made
      }
    }
    set { shared.withLock { $0.requestMetadata = newValue } }
  }

  /// For a call that does not exist or was refused.
  func pretend(_ method: String, _ metadata: Metadata, _ deadline: Deadline?) {
    shared.withLock { $0.requestMetadata = metadata }
    rare.state.pretendedMethod = method
    state.deadline = deadline
  }

  var requestID: String {
    let metadata = metadata
    return shared.withLock { shared in
      if let known = shared.requestID { return known }
      let made = metadata["x-request-id"].flatMap { Self.isUsable($0) ? $0 : nil } ?? Self.randomID()
      shared.requestID = made
      return made
    }
  }

  private static func isUsable(_ id: String) -> Bool {
    (1...128).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7e).contains($0) }
  }

  private static func randomID() -> String { String(UInt64.random(in: 0x1000_0000_0000_0000 ... .max), radix: 16) }
}

extension ServerContext {
  /// A context without a call, for unit tests of handlers and interceptors: values that they set can be read back, and
  /// nothing is sent.
  public init(
    testing method: String = "/test.Service/Method", metadata: Metadata = Metadata(), deadline: Deadline? = nil,
    peer: String = "ipv4:127.0.0.1:50000", logger: Logger = Logger(label: "freshet.test")
  ) {
    var configuration = ServerConfiguration()
    configuration.logger = logger
    let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.any())
    let connection = ServerConnection(ServerOptions([], [], configuration), executor, ConnectionTable(), peer: peer)
    let call = ServerCall(TransportStream(executor: executor, maxMessageBytes: 0), connection)
    call.pretend(method, metadata, deadline)
    self.init(call: call)
  }
}
