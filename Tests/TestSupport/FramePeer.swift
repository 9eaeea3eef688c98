// A scripted peer at the other end of a socket pair.
import NIOCore
import NIOPosix

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Sends frames as the test writes them and records received ones, in order. Nothing is answered automatically. Headers
/// that nghttp2's full validation rejects end the recording.
public final class FramePeer: Sendable {
  private let frames = EventLog<Frame>()
  private let end = Signal<Void>()
  private let channel: any NIOCore.Channel

  private init(_ channel: any NIOCore.Channel) { self.channel = channel }

  /// Takes ownership of a connected socket.
  /// - Parameters:
  ///   - client: whether the library under test is the client.
  ///   - reads: whether the socket is read at all.
  ///   - requestMethod: of the requests that the library under test answers, if it is the server.
  public static func on(
    socket: CInt, peerIsClient client: Bool, reads: Bool = true, requestMethod: String = "POST"
  ) async throws -> FramePeer {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: false)
      .channelOption(.allowRemoteHalfClosure, value: false)
      .withConnectedSocket(socket).get()
    let peer = FramePeer(channel)
    let handler = NIOLoopBoundBox.makeBoxSendingValue(
      Handler(peer, FrameReader(ofClient: client, requestMethod: requestMethod)), eventLoop: channel.eventLoop)
    try await channel.eventLoop.submit {
      try channel.pipeline.syncOperations.addHandler(handler.value)
    }.get()
    if reads { try await channel.setOption(.autoRead, value: true).get() }
    return peer
  }

  /// Two connected sockets.
  public static func socketPair() -> (CInt, CInt) {
    var pair: [CInt] = [-1, -1]
    #if canImport(Darwin)
      let kind = SOCK_STREAM
    #else
      let kind = CInt(SOCK_STREAM.rawValue)
    #endif
    precondition(socketpair(AF_UNIX, kind, 0, &pair) == 0, "no socket pair")
    return (pair[0], pair[1])
  }

  public func send(_ frames: Frame...) { send(bytes: frames.flatMap(\.bytes)) }
  public func send(_ frames: [Frame]) { send(bytes: frames.flatMap(\.bytes)) }
  public func send(bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

  public func close() { channel.close(promise: nil) }

  /// The next frame of any kind.
  /// - Throws: `MissedEvent` when there will be none; `CancellationError`.
  public func next() async throws -> Frame { try await frames.next("a frame") }

  /// Drops frames up to the first of this kind, and returns that.
  public func next(_ kind: Frame.Kind, on id: UInt32? = nil) async throws -> Frame {
    while true {
      let frame = try await next()
      if frame.kind == kind, !frame.isAck, id == nil || frame.streamID == id { return frame }
    }
  }

  /// All frames up to one that satisfies the condition.
  public func frames(upTo isLast: (Frame) -> Bool) async throws -> [Frame] {
    var frames: [Frame] = []
    while true {
      let frame = try await next()
      frames.append(frame)
      if isLast(frame) { return frames }
    }
  }

  /// Waits until the library under test has closed the connection.
  /// - Throws: `CancellationError`.
  public func waitUntilClosed() async throws { try await end.value() }

  public var isClosed: Bool { end.isSet }

  /// A PING round trip: everything sent before has been processed then.
  /// - Returns: the frames received before the answer.
  @discardableResult public func roundTrip(_ payload: UInt64 = 77) async throws -> [Frame] {
    send(.ping(payload))
    var passed: [Frame] = []
    while true {
      let frame = try await next()
      if frame.kind == .ping, frame.isAck { return passed }
      passed.append(frame)
    }
  }

  fileprivate func receiveEnd() {
    frames.end("the connection is closed")
    end.set()
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let peer: FramePeer
    private let reader: FrameReader

    init(_ peer: FramePeer, _ reader: FrameReader) {
      self.peer = peer
      self.reader = reader
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      reader.append(unwrapInboundIn(data).readableBytesView)
      while let frame = reader.next() {
        // Without the frame, so that no test continues as if nothing were wrong.
        if let complaint = reader.takeComplaints().first {
          return peer.frames.end("a strict peer refuses \(complaint)")
        }
        peer.frames.record(frame)
      }
    }

    func channelInactive(context: ChannelHandlerContext) { peer.receiveEnd() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
