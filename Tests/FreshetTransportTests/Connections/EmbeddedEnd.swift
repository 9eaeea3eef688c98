// A connection on a channel without a socket, with a manual loop and clock.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport
import Testing

@testable import FreshetTransport

/// Records a connection's events for its owner.
final class RecordingOwner: ConnectionDelegate, @unchecked Sendable {
  // SAFETY: used on the connection's loop; tests read it there, or after the signals.
  private(set) var events: [String] = []
  private(set) var connection: TransportConnection?
  private(set) var calls: [RecordingCall] = []
  private(set) var closeError: TransportError?
  private(set) var burdens: [Burden] = []
  private(set) var lastBurdens = BurdenCounts()
  let ready = Signal<Void>()
  let closed = Signal<TransportError>()
  let accepted = EventLog<RecordingCall>()
  var maxMessageBytes = 4 * 1024 * 1024

  func connectionMakesStream(_ connection: TransportConnection) -> TransportStream {
    let stream = TransportStream(executor: connection.executor, maxMessageBytes: maxMessageBytes)
    let call = RecordingCall(stream)
    stream.delegate = call
    calls.append(call)
    accepted.record(call)
    return stream
  }
  func connectionOpened(_ connection: TransportConnection) {
    self.connection = connection
    events.append("opened")
  }
  func connectionBecameReady(_ connection: TransportConnection) {
    events.append("ready")
    ready.set()
  }
  func connectionIsBurdened(_ connection: TransportConnection, _ burden: Burden) { burdens.append(burden) }
  func connectionIsGoingAway(_ connection: TransportConnection, _ error: TransportError) {
    events.append("going away: \(error)")
  }
  func connectionClosed(_ connection: TransportConnection, _ error: TransportError) {
    events.append("closed")
    lastBurdens = connection.burdens
    closeError = error
    self.connection = nil
    calls = []
    ready.set(.failure(error))
    closed.set(error)
  }
}

/// Records a stream's events for its call. Retained by its stream, so its own reference is weak.
final class RecordingCall: TransportStreamDelegate, @unchecked Sendable {
  // SAFETY: as above.
  private(set) weak var stream: TransportStream?
  private(set) var heads: [String] = []
  private(set) var dataCount = 0
  private(set) var closes: [StreamEnd] = []
  private(set) var connectionErrors: [TransportError?] = []
  let ended = Signal<Void>()
  let closed = Signal<StreamEnd>()
  let headers = EventLog<String>()
  let refusals = EventLog<RPCError>()

  init(_ stream: TransportStream) { self.stream = stream }

  func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {
    var texts: [String] = []
    section.fields.forEach {
      texts.append("\(String(decoding: $0, as: UTF8.self)): \(String(decoding: $1, as: UTF8.self))")
    }
    heads.append(texts.joined(separator: ", "))
    headers.record(texts.joined(separator: ", "))
  }
  func receiveData() { dataCount += 1 }
  func receiveEndStream() { ended.set() }
  func refuseMessage(_ error: RPCError) { refusals.record(error) }
  func receiveClose(_ end: StreamEnd, connectionError: TransportError?) {
    closes.append(end)
    connectionErrors.append(connectionError)
    stream?.fail(RPCError(code: .unavailable, message: "the stream has closed: \(end)"))
    closed.set(end)
  }
}

/// An embedded channel closes both sides when its output is closed; a socket does not.
private final class HalfClose: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
  }
}

/// One connection with a scripted peer.
final class EmbeddedEnd {
  let channel = EmbeddedChannel()
  let owner = RecordingOwner()
  private let reader: FrameReader

  init(
    _ role: HTTP2Session.Role, _ configuration: ConnectionConfiguration = ConnectionConfiguration(),
    carriers: [Carrier] = [.http2]
  ) throws {
    reader = FrameReader(ofClient: role == .client)
    try channel.pipeline.syncOperations.addHandler(HalfClose())
    switch role {
    case .client: _ = try ChannelSetup.connect(on: channel, tls: nil, configuration: configuration, delegate: owner)
    case .server:
      try ChannelSetup.serve(
        on: channel, tls: nil, carriers: carriers, configuration: configuration, delegate: owner)
    }
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
    channel.embeddedEventLoop.run()
  }

  /// A server whose client has sent its preface.
  static func readyServer(_ configuration: ConnectionConfiguration = ConnectionConfiguration()) throws -> EmbeddedEnd {
    let end = try EmbeddedEnd(.server, configuration)
    end.receive(bytes: Frame.preface)
    end.receive(.settings(), .settingsAck)
    _ = end.frames()
    return end
  }

  static func readyClient(_ configuration: ConnectionConfiguration = ConnectionConfiguration()) throws -> EmbeddedEnd {
    let end = try EmbeddedEnd(.client, configuration)
    _ = end.frames()
    end.receive(.settings(), .settingsAck)
    _ = end.frames()
    return end
  }

  func receive(_ frames: Frame...) { receive(bytes: frames.flatMap(\.bytes)) }

  func receive(bytes: [UInt8]) {
    _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
    channel.embeddedEventLoop.run()
  }

  /// The output since the last call.
  func frames() -> [Frame] {
    channel.embeddedEventLoop.run()
    while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { reader.append(bytes.readableBytesView) }
    defer { for complaint in reader.takeComplaints() { Issue.record("a strict peer refuses \(complaint)") } }
    return reader.all()
  }

  /// Leaves this many bytes in the channel, as not taken by the socket, and sets whether it is full: an embedded
  /// channel does neither by itself.
  func leaveInSocket(bytes: Int, isFull: Bool) throws {
    channel.flush()
    while try channel.readOutbound(as: ByteBuffer.self) != nil {}  // what was left there before
    channel.write(ByteBuffer(repeating: 0, count: bytes), promise: nil)
    if channel.isWritable != isFull { return }
    channel.isWritable = !isFull
    channel.pipeline.fireChannelWritabilityChanged()
  }

  func advance(_ amount: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: amount) }

  /// Opens a stream, like a client.
  func open() throws -> RecordingCall {
    let stream = TransportStream(executor: LoopExecutor.of(channel.eventLoop), maxMessageBytes: 1 << 20)
    let call = RecordingCall(stream)
    stream.delegate = call
    var fields = HeaderFields()
    for (name, value) in grpcRequest("/s/m") { fields.append(name, value) }
    try owner.connection?.open(stream, fields)
    return call
  }
}
