// A server's HTTP/1.1 connection on a channel without a socket, whose loop and clock the test drives.
import FreshetCore
import FreshetHTTP
import FreshetTLS
import NIOCore
import NIOEmbedded
import TestSupport

@testable import FreshetHTTP1
@testable import FreshetTransport

/// A call whose answers are scripted.
// SAFETY: touched on the embedded loop alone, which is the test's thread.
final class ScriptedCall: TransportStreamDelegate, @unchecked Sendable {
  private(set) weak var stream: TransportStream?
  private(set) var fields: [String] = []
  private(set) var timeout: String?
  private(set) var version: FreshetHTTP.HTTPVersion?
  private(set) var messages: [[UInt8]] = []
  private(set) var hasEnded = false
  private(set) var end: StreamEnd?
  /// Called with the head, before the next byte is looked at.
  private let onHead: (ScriptedCall) -> Void

  init(_ stream: TransportStream, onHead: @escaping (ScriptedCall) -> Void) {
    self.stream = stream
    self.onHead = onHead
  }

  func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {
    section.fields.forEach {
      fields.append("\(String(decoding: $0, as: UTF8.self)): \(String(decoding: $1, as: UTF8.self))")
    }
    self.timeout = timeout.map { String(decoding: $0, as: UTF8.self) }
    version = section.version
    onHead(self)
  }

  func receiveData() {}
  func receiveEndStream() { hasEnded = true }
  func receiveClose(_ end: StreamEnd, connectionError: TransportError?) { self.end = end }
  func refuseMessage(_ error: RPCError) {}

  /// Reads the messages that are here.
  func read() {
    while case .message(let message)? = stream?.poll() { messages.append(Array(message.payload.readableBytesView)) }
  }

  /// Answers with a body that is known as a whole.
  func answer(_ text: String, status: Int = 200) {
    stream?.sendResponseHeaders([":status": "\(status)", "content-type": "text/plain"])
    if !text.isEmpty { say(text) }
    stream?.finish()
  }

  func begin(_ fields: HeaderFields = [":status": "200"]) { stream?.sendResponseHeaders(fields) }
  func say(_ text: String) { _ = try? stream?.putOnLoop(ByteBuffer(string: text)) }
}

final class HTTP1End: ConnectionDelegate {
  let channel = EmbeddedChannel()
  private(set) var calls: [ScriptedCall] = []
  private(set) var closeError: TransportError?
  private var connection: TransportConnection?
  var onHead: (ScriptedCall) -> Void = { _ in }

  /// An embedded channel closes both sides when its output is closed; a socket does not.
  private final class HalfClose: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
      if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
    }
  }

  init(_ settings: HTTP1Settings = HTTP1Settings(), onHead: @escaping (ScriptedCall) -> Void = { _ in }) throws {
    self.onHead = onHead
    try channel.pipeline.syncOperations.addHandler(HalfClose())
    try ChannelSetup.serve(
      on: channel, tls: nil, carriers: [.http1(isTLS: false, settings: settings)],
      configuration: ConnectionConfiguration(), delegate: self)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
    channel.embeddedEventLoop.run()
  }

  func connectionMakesStream(_ connection: TransportConnection) -> TransportStream {
    let stream = TransportStream(executor: connection.executor, maxMessageBytes: 4 * 1024 * 1024)
    let call = ScriptedCall(stream) { [unowned self] in self.onHead($0) }
    stream.delegate = call
    calls.append(call)
    return stream
  }
  func connectionOpened(_ connection: TransportConnection) { self.connection = connection }
  func connectionBecameReady(_ connection: TransportConnection) {}
  func connectionIsGoingAway(_ connection: TransportConnection, _ error: TransportError) {}
  func connectionClosed(_ connection: TransportConnection, _ error: TransportError) {
    closeError = error
    self.connection = nil
  }

  func receive(_ text: String, _ bytes: [UInt8] = []) {
    _ = try? channel.writeInbound(ByteBuffer(bytes: Array(text.utf8) + bytes))
    channel.embeddedEventLoop.run()
  }

  /// What was written since the last look, without the Date field.
  func output() -> String {
    channel.embeddedEventLoop.run()
    var all: [UInt8] = []
    while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { all += bytes.readableBytesView }
    let text = String(decoding: all, as: UTF8.self)
    return text.split(separator: "\r\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("date: ") }
      .joined(separator: "\r\n")
  }

  func advance(_ amount: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: amount) }
  func drain() { connection?.drainAndClose() }
  /// The client has closed its side, or both.
  func loseClient() { channel.pipeline.fireChannelInactive() }
  /// The client has closed its side of a socket that allows it.
  func endInput() {
    channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    channel.embeddedEventLoop.run()
  }

  var heldBytes: Int { (connection as? HTTP1Connection)?.state.held.readableBytes ?? 0 }
  var isSocketRead: Bool? { (connection as? HTTP1Connection)?.state.isSocketRead }

  var isClosedByPeer: Bool {
    if case .closedByPeer? = closeError?.kind { true } else { false }
  }

  /// Whether the connection has said all it will.
  var isEnding: Bool { closeError != nil || (connection as? HTTP1Connection)?.state.isEnding == true }
}
