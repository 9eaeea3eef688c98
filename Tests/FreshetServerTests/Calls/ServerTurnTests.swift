// Scheduling: heads of streams, calls of several connections, responses that are not read, and memory.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetStreams
import FreshetTransport
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FreshetServer

#if canImport(Glibc)
  import Glibc
#endif

@Suite(.timeLimit(.minutes(5))) struct ServerTurnTests {
  private static let executions: [HandlerExecution] = [.automatic, .eventLoop, .globalPool]

  private func status(_ frames: [Frame]) -> String? { frames.last?["grpc-status"] }

  private func configuration(_ change: (inout ServerConfiguration) -> Void) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.logger = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
    change(&configuration)
    return configuration
  }

  // MARK: Heads

  @Test(arguments: executions, ["ServerStreaming", "Bidirectional"])
  func `the head of a waiting sequence is sent before its first message`(
    _ execution: HandlerExecution, _ method: String
  ) async throws {
    let go = Signal<Void>()
    let answer: @Sendable (ServerContext) -> AsyncGenerator<ByteBuffer, any Error> = { context in
      AsyncGenerator { yield in
        context.responseMetadata = ["set": "before the wait"]
        try await go.value()
        try await yield(ByteBuffer(string: "x"))
      }
    }
    let service = BytesService(
      serverStreaming: { _, context in answer(context) }, bidirectional: { _, context in answer(context) })
    try await withPeer(service, configuration: configuration { $0.handlerExecution = execution }) {
      peer, _ async throws in
      peer.send(.headers(1, grpcRequest("/test.Bytes/\(method)")))
      if method == "ServerStreaming" { peer.send(.data(1, grpcMessage([1]), endStream: true)) }
      let head = try await peer.frames { $0.streamID == 1 && $0.kind == .headers }
      #expect(head.last?[":status"] == "200")
      #expect(head.last?["set"] == "before the wait")
      go.set()
      if method == "Bidirectional" { peer.send(.data(1, [], endStream: true)) }
      let rest = try await peer.response(on: 1)
      #expect(rest.first?.payload == grpcMessage(Array("x".utf8)))
      #expect(status(rest) == "0")
    }
  }

  @Test func `S10: a sequence that fails before it waits is Trailers-Only, and one that fails later has a head`()
    async throws
  {
    let go = Signal<Void>()
    let service = BytesService(serverStreaming: { request, _ in
      AsyncGenerator { _ in
        if request.readableBytes == 2 { try await go.value() }
        throw RPCError(code: .aborted, message: "no")
      }
    })
    try await withPeer(service) { peer, _ async throws in
      let atOnce = try await peer.call("/test.Bytes/ServerStreaming", 1, [[1]])
      #expect(atOnce.map(\.kind) == [.headers] && status(atOnce) == "10")
      peer.send(
        .headers(3, grpcRequest("/test.Bytes/ServerStreaming")), .data(3, grpcMessage([1, 2]), endStream: true))
      _ = try await peer.frames { $0.streamID == 3 && $0.kind == .headers }
      go.set()
      #expect(status(try await peer.response(on: 3)) == "10")
    }
  }

  // MARK: Responses that are not read

  @Test
  func `calls of a client that does not read are started up to the bound, and all once it reads`()
    async throws
  {
    let begun = Mutex(0), answer = ByteBuffer(repeating: 7, count: 100_000), calls = 40
    let service = BytesService(unary: { _, _ in
      begun.withLock { $0 += 1 }
      return answer
    })
    let configuration = configuration { $0.connection.maxUnsentAnswerBytes = 500_000 }
    try await withPeer(service, configuration: configuration, settings: [(4, 0)]) { peer, _ async throws in
      for call in 0..<calls {
        let id = UInt32(1 + 2 * call)
        peer.send(.headers(id, grpcRequest("/test.Bytes/Unary")), .data(id, grpcMessage([1]), endStream: true))
      }
      for _ in 0..<20 { try await peer.roundTrip() }
      let held = begun.withLock { $0 }
      #expect(held <= 16 + 6, "\(held) handlers have run")  // a task's round of work, and the bound
      peer.send(.windowUpdate(0, UInt32(8_000_000)))
      var ended = 0
      for call in 0..<calls { peer.send(.windowUpdate(UInt32(1 + 2 * call), 200_000)) }
      while ended < calls { if try await peer.next()["grpc-status"] == "0" { ended += 1 } }
      #expect(begun.withLock { $0 } == calls)
    }
  }

  /// A message of a megabyte, compressed to a thousand bytes.
  private static func compressedMessage() throws -> [UInt8] {
    let payload = try Compression.gzip.compress(ByteBuffer(repeating: 0, count: 1_000_000))
    return grpcMessage(Array(payload.readableBytesView), flag: 1)
  }

  @Test(arguments: executions)
  func `requests of a client that does not read are decompressed up to the bound`(
    _ execution: HandlerExecution
  ) async throws {
    let begun = Mutex(0), calls = 60, message = try Self.compressedMessage()
    let service = BytesService(unary: { _, _ in
      begun.withLock { $0 += 1 }
      return ByteBuffer(repeating: 7, count: 100_000)
    })
    let configuration = configuration {
      $0.connection.maxUnsentAnswerBytes = 500_000
      $0.handlerExecution = execution
    }
    try await withPeer(service, configuration: configuration, settings: [(4, 0)]) { peer, _ async throws in
      for call in 0..<calls {
        let id = UInt32(1 + 2 * call)
        let request = grpcRequest("/test.Bytes/Unary", [("grpc-encoding", "gzip")])
        peer.send(.headers(id, request), .data(id, message, endStream: true))
      }
      #expect(await eventually { begun.withLock { $0 } >= 5 })
      for _ in 0..<300 { try await peer.roundTrip() }
      let held = begun.withLock { $0 }
      #expect(held <= 6 + 2 * DecompressionLine.width, "\(held) handlers have run")
      for call in 0..<calls { peer.send(.windowUpdate(UInt32(1 + 2 * call), 200_000)) }
      peer.send(.windowUpdate(0, UInt32(8_000_000)))
      var ended = 0
      while ended < calls { if try await peer.next()["grpc-status"] == "0" { ended += 1 } }
      #expect(begun.withLock { $0 } == calls)
    }
  }

  @Test func `while no calls are started, compressed requests end with their deadlines and their connection`()
    async throws
  {
    let message = try Self.compressedMessage()
    let service = BytesService(unary: { _, _ in ByteBuffer(repeating: 7, count: 100_000) })
    let configuration = configuration { $0.connection.maxUnsentAnswerBytes = 1 }
    try await withPeer(service, configuration: configuration, settings: [(4, 0)]) { peer, _ async throws in
      func open(_ call: Int, _ more: [(String, String)] = []) {
        let id = UInt32(1 + 2 * call), request = grpcRequest("/test.Bytes/Unary", [("grpc-encoding", "gzip")] + more)
        peer.send(.headers(id, request), .data(id, message, endStream: true))
      }
      for call in 0..<60 { open(call, [("grpc-timeout", "50m")]) }
      var ended = 0
      while ended < 60 {
        let frame = try await peer.next()
        if frame["grpc-status"] == "4" || frame.kind == .reset { ended += 1 }
      }
      for call in 60..<90 { open(call) }
      try await peer.roundTrip()
    }  // the drain at the end waits for them
  }

  @Test func `while no calls are started, a request gets only its initial window`() async throws {
    let service = BytesService(unary: { request, _ in request })
    let configuration = configuration {
      $0.connection.maxUnsentAnswerBytes = 100_000
      $0.connection.http2.streamWindowBytes = 65_535
      $0.connection.http2.connectionWindowBytes = 65_535
    }
    let message = grpcMessage(Array(repeating: 1, count: 60_000)),
      long = grpcMessage(Array(repeating: 1, count: 90_000))
    try await withPeer(service, configuration: configuration, settings: [(4, 0)]) { peer, _ async throws in
      for id in [1, 3] as [UInt32] {  // two responses that are not read
        peer.send(.headers(id, grpcRequest("/test.Bytes/Unary")))
        for part in message.chunks(of: 15_000) { peer.send(.data(id, part)) }
        peer.send(.data(id, [], endStream: true))
        for _ in 0..<20 { try await peer.roundTrip() }
      }
      // The window of the connection, smaller than what follows, continues for the other streams.
      peer.send(.headers(5, grpcRequest("/test.Bytes/Unary")))
      let (first, rest) = (Array(long.prefix(60_000)), Array(long.dropFirst(60_000)))
      for part in first.chunks(of: 15_000) { peer.send(.data(5, part)) }
      let frames = try await peer.roundTrip()
      #expect(!frames.contains { $0.kind == .windowUpdate && $0.streamID == 5 })
      for id in [1, 3, 5] as [UInt32] { peer.send(.windowUpdate(id, 200_000)) }
      peer.send(.windowUpdate(0, 200_000))
      _ = try await peer.frames { $0.kind == .windowUpdate && $0.streamID == 5 }
      for part in rest.chunks(of: 15_000) { peer.send(.data(5, part)) }
      peer.send(.data(5, [], endStream: true))
      #expect(status(try await peer.response(on: 5)) == "0")
    }
  }

  @Test func `calls that are reset while none is started leave the queue`() async throws {
    let service = BytesService(unary: { _, _ in ByteBuffer(repeating: 7, count: 100_000) })
    let configuration = configuration { $0.connection.maxUnsentAnswerBytes = 1 }
    try await withPeer(service, configuration: configuration, settings: [(4, 0)]) { peer, server async throws in
      func open(_ id: UInt32) {
        peer.send(.headers(id, grpcRequest("/test.Bytes/Unary")), .data(id, grpcMessage([1]), endStream: true))
      }
      for call in 0..<20 as Range<UInt32> { open(1 + 2 * call) }
      for _ in 0..<20 { try await peer.roundTrip() }
      for call in 20..<820 as Range<UInt32> {
        open(1 + 2 * call)
        peer.send(.reset(1 + 2 * call, code: 8))
      }
      try await peer.roundTrip()
      let connection = try #require(server.adopted.all.first)
      let waiting = await connection.executor.call { connection.work?.count ?? 0 }
      #expect((1...84).contains(waiting))
    }
  }

  @Test func `S4: a response that the client does not read is dropped at its deadline`() async throws {
    let service = BytesService(unary: { request, _ in request })
    try await withPeer(service, settings: [(4, 0)]) { peer, _ async throws in
      // A busy machine may not reach the handler in time, and responds with the status then: retry with more time.
      for (id, milliseconds) in [(1, 50), (3, 200), (5, 1_000), (7, 5_000), (9, 20_000)] as [(UInt32, Int)] {
        let request = grpcRequest("/test.Bytes/Unary", [("grpc-timeout", "\(milliseconds)m")])
        peer.send(.headers(id, request), .data(id, grpcMessage([1]), endStream: true))
        let frames = try await peer.response(on: id)
        if status(frames) == "4" { continue }
        #expect(frames.map(\.kind) == [.headers, .reset])
        return
      }
      Issue.record("no handler was in time")
    }
  }

  @Test func `queued calls end with their connection`() async throws {
    let service = BytesService(unary: { _, _ in ByteBuffer(repeating: 7, count: 100_000) })
    let configuration = configuration { $0.connection.maxUnsentAnswerBytes = 1 }
    try await withPeer(service, configuration: configuration, settings: [(4, 0)]) { peer, _ async throws in
      for call in 0..<100 {
        let id = UInt32(1 + 2 * call)
        peer.send(.headers(id, grpcRequest("/test.Bytes/Unary")), .data(id, grpcMessage([1]), endStream: true))
      }
      try await peer.roundTrip()
    }  // the drain at the end waits for them
  }

  // MARK: Handlers that block their loop

  /// Blocks the thread at least this long, by the system's own clock.
  private static func hold(_ time: Duration) {
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end {}
  }

  @Test(arguments: ["Unary", "ServerStreaming", "ClientStreaming", "Bidirectional"], [true, false])
  func `a handler that blocks its loop is logged once, with its method`(_ method: String, _ afterWait: Bool)
    async throws
  {
    let log = RecordedLog()
    let holding: @Sendable () async -> Void = {
      if afterWait { await Task.yield() }
      Self.hold(.milliseconds(150))
    }
    let service = BytesService(
      unary: { request, _ in
        await holding()
        return request
      },
      serverStreaming: { request, _ in AsyncGenerator { _ in await holding() } },
      clientStreaming: { _, _ in
        await holding()
        return ByteBuffer()
      },
      bidirectional: { _, _ in AsyncGenerator { _ in await holding() } })
    let configuration = configuration { $0.logger = log.logger }
    try await withPeer(service, configuration: configuration) { peer, _ async throws in
      for id in [1, 3] as [UInt32] { _ = try await peer.call("/test.Bytes/\(method)", id, [[1]]) }
    }
    let lines = log.lines.filter { $0.contains("blocked its event loop") }
    #expect(lines.count == 1, "\(log.lines)")
    #expect(lines.first?.contains("/test.Bytes/\(method)") == true)
  }

  /// Makes calls whose handlers block their thread, and returns for each whether it was on the loop.
  private func places(
    _ execution: HandlerExecution, _ log: RecordedLog, until isEnough: ([Bool]) -> Bool,
    _ hold: @escaping @Sendable () -> Void
  ) async throws -> [Bool] {
    let places = Mutex<[Bool]>([])
    let service = BytesService(
      unary: { request, context in
        places.withLock { $0.append(context.call.stream.isOnLoop) }
        hold()
        return request
      },
      clientStreaming: { _, context in
        #expect(context.call.stream.isOnLoop == (execution != .globalPool), "a method that does not block stays")
        return ByteBuffer()
      })
    let configuration = configuration {
      $0.logger = log.logger
      $0.handlerExecution = execution
    }
    try await withPeer(service, configuration: configuration) { peer, _ async throws in
      var id: UInt32 = 1
      while !isEnough(places.withLock { $0 }) {
        _ = try await peer.call("/test.Bytes/Unary", id, [[1]])
        _ = try await peer.call("/test.Bytes/ClientStreaming", id + 2, [[1]])
        id += 4
      }
    }
    return places.withLock { $0 }
  }

  /// Others may have the processors while a handler computes, which is not its method's fault.
  private static let mostCalls = 100

  @Test(arguments: [true, false])
  func `a method whose handlers block their loop twice in a minute leaves it, logged once`(_ blocks: Bool)
    async throws
  {
    let log = RecordedLog()
    let places = try await places(
      .automatic, log, until: { $0.suffix(2) == [false, false] || $0.count == Self.mostCalls }
    ) {
      if blocks { usleep(30_000) } else { Self.hold(.milliseconds(30)) }
    }
    #expect(places.starts(with: [true, true]))
    #expect(places.suffix(2) == [false, false] && places.count { !$0 } == 2, "it never returns: \(places)")
    let lines = log.lines.filter { $0.contains("run in the global pool") }
    #expect(
      lines.count == 1 && lines[0].contains("/test.Bytes/Unary") && lines[0].contains("handlerExecution"),
      "\(log.lines)")
  }

  @Test func `handlers configured to stay on their loop do, and so do those that do not block it`() async throws {
    let held = try await places(.eventLoop, RecordedLog(), until: { $0.count == 5 }) { usleep(30_000) }
    #expect(held == [true, true, true, true, true])
    let log = RecordedLog()
    let quick = try await places(.automatic, log, until: { $0.count == 50 }) {}
    #expect(!quick.contains(false) && log.lines.allSatisfy { !$0.contains("global pool") })
    let pooled = try await places(.globalPool, RecordedLog(), until: { $0.count == 2 }) {}
    #expect(pooled == [false, false])
  }

  // MARK: Memory

  @Test func `calls are refused while the memory budget is exhausted, and served again afterwards`() async throws {
    let budget = MemoryBudget(limitBytes: 150_000), go = Signal<Void>()
    let service = BytesService(
      unary: { request, _ in request },
      clientStreaming: { requests, _ in
        try await go.value()
        for try await _ in requests {}
        return ByteBuffer()
      })
    let configuration = configuration {
      $0.connection.memoryBudget = budget
      $0.connection.http2.streamWindowBytes = 65_535
      $0.connection.http2.connectionWindowBytes = 1_000_000
    }
    try await withPeer(service, configuration: configuration) { peer, _ async throws in
      #expect(status(try await peer.call("/test.Bytes/Unary", 1, [[1]])) == "0")
      for id in [3, 5, 7] as [UInt32] {  // each within its window
        peer.send(.headers(id, grpcRequest("/test.Bytes/ClientStreaming")))
        for _ in 0..<4 { peer.send(.data(id, grpcMessage(Array(repeating: 1, count: 15_000)))) }
      }
      #expect(await eventually { budget.usedBytes > 150_000 })
      try await withPeer(service, configuration: configuration) { other, _ async throws in
        let refused = try await other.call("/test.Bytes/Unary", 1, [[1]])
        #expect(status(refused) == "14")
        #expect(refused.last?["grpc-message"]?.contains("memoryBudget") == true)
        go.set()
        #expect(await eventually { budget.usedBytes < 100_000 })
        #expect(status(try await other.call("/test.Bytes/Unary", 3, [[1]])) == "0")
      }
      for id in [3, 5, 7] as [UInt32] { peer.send(.data(id, [], endStream: true)) }
      var ended = 0
      while ended < 3 { if try await peer.next()["grpc-status"] == "0" { ended += 1 } }
    }
    #expect(await eventually { budget.usedBytes == 0 })
  }
}

extension Array<UInt8> {
  fileprivate func chunks(of count: Int) -> [[UInt8]] {
    stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
  }
}
