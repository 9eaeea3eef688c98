// Ends of connections that a peer makes difficult: it only harms its own connection.
import Foundation
import Freshet
import struct NIOCore.ByteBuffer
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ConnectionEndTests {
  private static let bigAnswer = BytesService(unary: { _, _ in ByteBuffer(repeating: 7, count: 120_000) })

  /// The server makes 256 KiB of frames at a time; here it has more output when the first of them cannot be written.
  @Test func `a write that fails within a flush only ends its connection`() async throws {
    try await withUnixServer(Self.bigAnswer) { path in
      for _ in 0..<3 {
        let peer = RawSocket(unixPath: path)
        let ids = (0..<40).map { UInt32(2 * $0 + 1) }
        peer.send(Self.opening(windowBytes: 0) + ids.flatMap { Self.request($0, BytesService.unary.path) })
        try await Self.callBigAnswer(path)  // the responses of this peer now wait for its windows
        peer.stopReading()
        // 16 DATA frames of 16,384 bytes, exactly one flush
        peer.send(ids.flatMap { Frame.windowUpdate($0, 16_375).bytes })
        try await Self.callBigAnswer(path)
      }
    }
  }

  @Test func `S15: a peer that does not read does not keep a server from ending`() async throws {
    let produced = Atomic(0)
    let service = BytesService(serverStreaming: { _, _ in
      AsyncGenerator { yield in
        while true {
          try await yield(ByteBuffer(repeating: 7, count: 64 * 1024))
          produced.add(1, ordering: .relaxed)
        }
      }
    })
    var configuration = ServerConfiguration()
    configuration.drainTimeout = .milliseconds(50)
    var open: [RawSocket] = []
    defer { open = [] }
    // Returns when the server has ended.
    try await withUnixServer(service, configuration) { path in
      let peer = RawSocket(unixPath: path)
      open.append(peer)
      peer.send(Self.opening(windowBytes: 0x7fff_ffff) + Self.request(1, BytesService.serverStreaming.path))
      while produced.load(ordering: .relaxed) < 4 { await Task.yield() }
    }
  }

  @Test func `S15: the last bytes of a drain wait for a peer that reads them late`() async throws {
    let answered = Atomic(0)
    let service = BytesService(unary: { _, _ in
      answered.add(1, ordering: .relaxed)
      return ByteBuffer(repeating: 7, count: 400_000)
    })
    var configuration = ServerConfiguration()
    configuration.connection.lingerTimeout = .milliseconds(20)
    let end = Signal<[UInt8]?>()
    try await withUnixServer(service, configuration) { path in
      let peer = RawSocket(unixPath: path)
      peer.send(
        Self.opening(windowBytes: 0x00ff_ffff) + [1, 3, 5].flatMap { Self.request($0, BytesService.unary.path) })
      while answered.load(ordering: .relaxed) < 3 { await Task.yield() }
      Thread.detachNewThread {
        // More than the linger time-out, in which the server is already stopping. Longer is harmless.
        Thread.sleep(forTimeInterval: 0.3)
        peer.send(Frame.ping(0x6672_6573_6865_7421, isAck: true).bytes)  // the drain's PING
        Thread.sleep(forTimeInterval: 0.3)
        end.set(peer.readToEnd())
      }
    }
    let received = try await end.value()
    #expect(received?.count ?? 0 > 1_200_000)
  }

  @Test func `a reader that outlives its handler learns of the end`() async throws {
    let first = Signal<ByteBuffer>()
    let outcome = Signal<any Error>()
    let service = BytesService(clientStreaming: { requests, _ in
      Task {
        do {
          for try await request in requests { first.set(request) }
          outcome.set(.success(RPCError(code: .ok, message: "the reader saw an end")))
        } catch {
          outcome.set(.success(error))
        }
      }
      return try await first.value()
    })
    try await withServerAndChannel(service) { channel in
      let requests = AsyncGenerator<ByteBuffer, any Error> { yield in
        try await yield(ByteBuffer(string: "one"))
        try await neverEnding(Signal())
      }
      let response = try await channel.clientStreaming(BytesService.clientStreaming, requests)
      #expect(response.message == ByteBuffer(string: "one"))
      let error = try await outcome.value() as? RPCError
      #expect(error?.code == .cancelled, "\(String(describing: error))")
    }
  }

  // MARK: Helpers

  private func withUnixServer<Result>(
    _ service: BytesService, _ configuration: ServerConfiguration = ServerConfiguration(),
    _ body: (String) async throws -> Result
  ) async throws -> Result {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = folder / "server.sock"
    return try await withServer([service], on: .unix(path: path), configuration: configuration) { _ in
      try await body(path)
    }
  }

  /// A call of a well-behaved client.
  private static func callBigAnswer(_ path: String) async throws {
    try await withChannel(RPCChannel("unix:\(path)")) { channel in
      let answer = try await channel.unary(BytesService.unary, ByteBuffer()).message
      #expect(answer.readableBytes == 120_000)
    }
  }

  private static func opening(windowBytes: UInt32) -> [UInt8] {
    Frame.preface + Frame.settings([(4, windowBytes)]).bytes + Frame.windowUpdate(0, 0x7fff_0000).bytes
  }

  private static func request(_ id: UInt32, _ path: String) -> [UInt8] {
    Frame.headers(id, grpcRequest(path)).bytes + Frame.data(id, grpcMessage([]), endStream: true).bytes
  }
}
