// A peer that does exactly what a test says, at the other end of a socket pair.
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Sends frames as the test writes them and keeps those that come, in order. Nothing is answered by itself.
public final class FramePeer: Sendable {
  private enum Waiter {
    case frame(CheckedContinuation<Frame?, Never>)
    case end(CheckedContinuation<Void, Never>)
  }

  private struct State {
    var frames: [Frame] = []
    var isClosed = false
    var waiters: [Waiter] = []
  }

  /// The connection is over, so that no such frame will come.
  public struct Closed: Error {}

  private let state = Mutex(State())
  private let channel: any NIOCore.Channel

  private init(_ channel: any NIOCore.Channel) { self.channel = channel }

  /// Takes over a connected socket.
  /// - Parameters:
  ///   - client: whether the library under test is the client.
  ///   - reads: whether the socket is read at all.
  public static func on(socket: CInt, peerIsClient client: Bool, reads: Bool = true) async throws -> FramePeer {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: false)
      .channelOption(.allowRemoteHalfClosure, value: false)
      .withConnectedSocket(socket).get()
    let peer = FramePeer(channel)
    let handler = NIOLoopBoundBox.makeBoxSendingValue(Handler(peer, FrameReader(ofClient: client)), eventLoop: channel.eventLoop)
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

  /// The next frame, of whatever kind.
  public func next() async throws -> Frame {
    let frame = await withCheckedContinuation { continuation in
      let now: Frame?? = state.withLock { state in
        if !state.frames.isEmpty { return .some(state.frames.removeFirst()) }
        if state.isClosed { return .some(nil) }
        state.waiters.append(.frame(continuation))
        return nil
      }
      if let now { continuation.resume(returning: now) }
    }
    guard let frame else { throw Closed() }
    return frame
  }

  /// Drops frames up to the first of this kind, and returns that.
  public func next(_ kind: Frame.Kind, on id: UInt32? = nil) async throws -> Frame {
    while true {
      let frame = try await next()
      if frame.kind == kind, !frame.isAck, id == nil || frame.streamID == id { return frame }
    }
  }

  /// All frames up to one that fulfils the condition.
  public func frames(upTo isLast: (Frame) -> Bool) async throws -> [Frame] {
    var frames: [Frame] = []
    while true {
      let frame = try await next()
      frames.append(frame)
      if isLast(frame) { return frames }
    }
  }

  /// Waits until the library under test has closed the connection.
  public func waitUntilClosed() async {
    await withCheckedContinuation { continuation in
      let isClosed = state.withLock { state in
        if !state.isClosed { state.waiters.append(.end(continuation)) }
        return state.isClosed
      }
      if isClosed { continuation.resume() }
    }
  }

  public var isClosed: Bool { state.withLock { $0.isClosed } }

  /// A PING round trip: whatever was sent before has been seen by then.
  /// - Returns: the frames that came before the answer.
  @discardableResult public func roundTrip(_ payload: UInt64 = 77) async throws -> [Frame] {
    send(.ping(payload))
    var passed: [Frame] = []
    while true {
      let frame = try await next()
      if frame.kind == .ping, frame.isAck { return passed }
      passed.append(frame)
    }
  }

  fileprivate func receive(_ frame: Frame) {
    let waiter = state.withLock { state -> CheckedContinuation<Frame?, Never>? in
      for (index, waiter) in state.waiters.enumerated() {
        if case .frame(let continuation) = waiter {
          state.waiters.remove(at: index)
          return continuation
        }
      }
      state.frames.append(frame)
      return nil
    }
    waiter?.resume(returning: frame)
  }

  fileprivate func receiveEnd() {
    let waiters = state.withLock { state in
      state.isClosed = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters {
      switch waiter {
      case .frame(let continuation): continuation.resume(returning: nil)
      case .end(let continuation): continuation.resume()
      }
    }
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
      while let frame = reader.next() { peer.receive(frame) }
    }

    func channelInactive(context: ChannelHandlerContext) { peer.receiveEnd() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
