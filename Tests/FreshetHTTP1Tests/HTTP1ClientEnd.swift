// A client's HTTP/1.1 connection on a channel without a socket, whose loop and clock the test drives.
import FreshetCore
import FreshetHTTP
import FreshetTLS
import NIOCore
import NIOEmbedded

@testable import FreshetHTTP1
@testable import FreshetTransport

/// A call that records what it receives, each message as text.
// SAFETY: touched on the embedded loop alone, which is the test's thread.
final class RecordedCall: TransportStreamDelegate, @unchecked Sendable {
  let stream: TransportStream
  private(set) var heads: [[String]] = []
  private(set) var isTruncated = false
  private(set) var hasEnded = false
  private(set) var end: StreamEnd?
  private(set) var connectionError: TransportError?

  init(_ executor: LoopExecutor) { stream = TransportStream(executor: executor, maxMessageBytes: 1 << 20) }

  func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {
    var head: [String] = []
    section.fields.forEach {
      head.append("\(String(decoding: $0, as: UTF8.self)): \(String(decoding: $1, as: UTF8.self))")
    }
    heads.append(head)
    isTruncated = section.isTruncated
  }

  func receiveData() {}

  func receiveEndStream() {
    hasEnded = true
    stream.stopSending()
  }

  func receiveClose(_ end: StreamEnd, connectionError: TransportError?) {
    self.end = end
    self.connectionError = connectionError
  }

  func refuseMessage(_ error: RPCError) {}

  /// The messages that have arrived.
  func read() -> [String] {
    var texts: [String] = []
    while case .message(let message) = stream.poll() { texts.append(String(buffer: message.payload)) }
    return texts
  }

  func put(_ text: String) { _ = try? stream.putOnLoop(ByteBuffer(string: text)) }
}

final class HTTP1ClientEnd: ConnectionDelegate {
  let channel = EmbeddedChannel()
  private(set) var isReady = false
  private(set) var isGoingAway = false
  private(set) var closeError: TransportError?
  private var connection: TransportConnection?

  /// An embedded channel closes both sides when its output is closed; a socket does not.
  private final class HalfClose: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
      if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
    }
  }

  init(_ settings: HTTP1ClientSettings = HTTP1ClientSettings()) throws {
    try channel.pipeline.syncOperations.addHandler(HalfClose())
    _ = try ChannelSetup.connect(
      on: channel, tls: nil, carriers: [.http1Client(settings)], configuration: ConnectionConfiguration(),
      delegate: self)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
    channel.embeddedEventLoop.run()
  }

  func connectionMakesStream(_ connection: TransportConnection) -> TransportStream { preconditionFailure("a client") }
  func connectionOpened(_ connection: TransportConnection) { self.connection = connection }
  func connectionBecameReady(_ connection: TransportConnection) { isReady = true }
  func connectionIsGoingAway(_ connection: TransportConnection, _ error: TransportError) { isGoingAway = true }
  func connectionClosed(_ connection: TransportConnection, _ error: TransportError) {
    closeError = error
    self.connection = nil
  }

  var hasRoom: Bool { connection?.hasRoom ?? false }
  var isSocketRead: Bool? { (connection as? HTTP1ClientConnection)?.state.isSocketRead }
  /// Whether the connection takes nothing more.
  var isOver: Bool { closeError != nil || (connection as? HTTP1ClientConnection)?.state.isEnding == true }

  /// Opens a request, to which `prepare` adds what is known of its body.
  func open(
    _ verb: String = "POST", _ more: [(String, String)] = [], _ prepare: (RecordedCall) -> Void = { $0.stream.finish() }
  ) throws -> RecordedCall {
    guard let connection else { throw TransportError(.closedByPeer, "there is no connection") }
    let call = RecordedCall(connection.executor)
    call.stream.delegate = call
    prepare(call)
    var fields: HeaderFields = [":method": verb, ":scheme": "http", ":path": "/s/M", ":authority": "a.example:1"]
    for (name, value) in more { fields.append(name, value) }
    do {
      try connection.open(call.stream, fields)
    } catch {
      call.stream.delegate = nil  // no end of the stream will break the cycle
      throw error
    }
    return call
  }

  func receive(_ text: String) {
    _ = try? channel.writeInbound(ByteBuffer(string: text))
    channel.embeddedEventLoop.run()
  }

  /// What was written since the last look.
  func output() -> String {
    channel.embeddedEventLoop.run()
    var all: [UInt8] = []
    while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { all += bytes.readableBytesView }
    return String(decoding: all, as: UTF8.self)
  }

  func run() { channel.embeddedEventLoop.run() }
  func advance(_ amount: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: amount) }
  func drain() { connection?.drainAndClose() }
  /// The server has closed.
  /// - Parameter runs: whether what is due is done afterwards.
  func loseServer(runs: Bool = true) {
    channel.pipeline.fireChannelInactive()
    if runs { run() }
  }
}
