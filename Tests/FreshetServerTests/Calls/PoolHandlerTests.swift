// Handlers off their call's loop: what they need from it, and that nothing is lost in between.
import FreshetCore
import FreshetStreams
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetServer
@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct PoolHandlerTests {
  /// Serves with a loop of its own, which the handler may block.
  private func withHeldLoop(_ service: BytesService, _ body: (FramePeer) async throws -> Void) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var configuration = ServerConfiguration()
    configuration.handlerExecution = .globalPool
    configuration.eventLoopGroup = group
    try await withPeer(service, configuration: configuration) { peer, _ async throws in try await body(peer) }
    try await group.shutdownGracefully()
  }

  /// Runs `body` while the call's loop is blocked: nothing that it does there returns.
  private static func whileHeld(_ context: ServerContext, _ body: () throws -> Void) async throws {
    let executor = context.call.stream.executor, gate = Gate()
    await executor.call {}  // everything submitted before has run
    executor.runSoon { gate.pass() }
    try await gate.reached.value()
    defer { gate.open() }
    try body()
  }

  private func message(_ text: String) -> [UInt8] { grpcMessage(Array(text.utf8)) }

  @Test func `each response is one job for the loop, the first one with its head included`() async throws {
    let service = BytesService(serverStreaming: { _, context in
      AsyncGenerator { _ in
        let sink = ResponseSink(call: context.call, codec: BytesCodec())
        try await Self.whileHeld(context) {
          for count in 1...5 {
            let hasRoom = try sink.put(ByteBuffer(string: "\(count)"))
            #expect(hasRoom)
            #expect(context.call.stream.executor.waitingJobCount == count)
          }
        }
      }
    })
    try await withHeldLoop(service) { peer in
      let frames = try await peer.call("/test.Bytes/ServerStreaming", [[1]])
      #expect(frames.first?[":status"] == "200" && frames.last?["grpc-status"] == "0")
      let payload = frames.filter { $0.kind == .data }.flatMap(\.payload)
      #expect(payload == ["1", "2", "3", "4", "5"].flatMap { message($0) })
    }
  }

  @Test func `a response without room is submitted with the wait for room`() async throws {
    let service = BytesService(serverStreaming: { _, context in
      AsyncGenerator { _ in
        let sink = ResponseSink(call: context.call, codec: BytesCodec())
        let large = ByteBuffer(repeating: 1, count: 100_000)
        for _ in 0..<3 {
          try await Self.whileHeld(context) {
            let hasRoom = try sink.put(large)
            #expect(!hasRoom)
            #expect(context.call.stream.executor.waitingJobCount == 0)
          }
          try await sink.waitForRoom()
        }
      }
    })
    try await withHeldLoop(service) { peer in
      peer.send(.windowUpdate(0, 1_000_000))
      peer.send(.headers(1, grpcRequest("/test.Bytes/ServerStreaming")), .data(1, grpcMessage([1]), endStream: true))
      peer.send(.windowUpdate(1, 1_000_000))
      let frames = try await peer.response(on: 1)
      let bytes = frames.filter { $0.kind == .data }.reduce(0) { $0 + $1.payload.count }
      #expect(bytes == 3 * 100_005 && frames.last?["grpc-status"] == "0")
    }
  }

  @Test func `a held response precedes the next one, and the end`() async throws {
    let service = BytesService(serverStreaming: { _, context in
      AsyncGenerator { _ in
        let sink = ResponseSink(call: context.call, codec: BytesCodec())
        for number in [1, 2] as [UInt8] {
          let hasRoom = try sink.put(ByteBuffer(repeating: number, count: 70_000))
          #expect(!hasRoom)
        }
      }
    })
    try await withHeldLoop(service) { peer in
      peer.send(.windowUpdate(0, 1_000_000))
      peer.send(.headers(1, grpcRequest("/test.Bytes/ServerStreaming")), .data(1, grpcMessage([1]), endStream: true))
      peer.send(.windowUpdate(1, 1_000_000))
      let frames = try await peer.response(on: 1)
      let payload = frames.filter { $0.kind == .data }.flatMap(\.payload)
      #expect(payload.count == 2 * 70_005 && payload[100] == 1 && payload.last == 2)
      #expect(frames.last?["grpc-status"] == "0")
    }
  }

  @Test func `a large single response is sent before the end`() async throws {
    let service = BytesService(unary: { _, _ in ByteBuffer(repeating: 1, count: 200_000) })
    try await withHeldLoop(service) { peer in
      peer.send(.windowUpdate(0, 1_000_000))
      peer.send(.headers(1, grpcRequest("/test.Bytes/Unary")), .data(1, grpcMessage([1]), endStream: true))
      peer.send(.windowUpdate(1, 1_000_000))
      let frames = try await peer.response(on: 1)
      #expect(frames.filter { $0.kind == .data }.reduce(0) { $0 + $1.payload.count } == 200_005)
      #expect(frames.last?["grpc-status"] == "0")
    }
  }

  @Test func `requests that arrive together need one hop`() async throws {
    let five = Signal<Void>()
    let service = BytesService(clientStreaming: { requests, context in
      var all = ByteBuffer()
      let first = try await requests.first { _ in true }
      all.writeImmutableBuffer(first ?? ByteBuffer())
      var iterator = requests.makeAsyncIterator()  // which continues where the other has stopped
      try await Self.whileHeld(context) {
        while let request = try iterator.takeReady() { all.writeImmutableBuffer(request) }
      }
      #expect(all.readableBytes == 5)
      five.set()
      while let request = try await iterator.next() { all.writeImmutableBuffer(request) }
      return all
    })
    try await withHeldLoop(service) { peer in
      let messages = ["a", "b", "c", "d", "e"].flatMap { message($0) }
      peer.send(.headers(1, grpcRequest("/test.Bytes/ClientStreaming")), .data(1, messages))
      try await five.value()
      peer.send(.data(1, message("f"), endStream: true))
      let frames = try await peer.response(on: 1)
      #expect(frames.contains { $0.payload == message("abcdef") })
    }
  }

  @Test func `a reader's batch is not delivered after its call was reset`() async throws {
    let read = Signal<Void>(), ended = Signal<String>()
    let service = BytesService(clientStreaming: { requests, context in
      var iterator = requests.makeAsyncIterator()
      _ = try await iterator.next()
      read.set()
      // Of a task that is not cancelled.
      let unread = iterator
      let rest = Task {
        while !context.isCancelled { await Task.yield() }
        var iterator = unread
        do {
          return "delivered \(try await iterator.next() as Any)"
        } catch {
          return "\((error as? RPCError)?.code.description ?? "")"
        }
      }
      ended.set(await rest.value)
      return ByteBuffer()
    })
    try await withHeldLoop(service) { peer in
      let messages = ["a", "b", "c"].flatMap { message($0) }
      peer.send(.headers(1, grpcRequest("/test.Bytes/ClientStreaming")), .data(1, messages))
      try await read.value()
      peer.send(.reset(1, code: 8))
      #expect(try await ended.value() == "CANCELLED")
    }
  }

  @Test func `the window of a reader's batch is returned with its next hop`() async throws {
    let service = BytesService(clientStreaming: { requests, _ in
      var count = 0
      for try await request in requests { count += request.readableBytes }
      return ByteBuffer(string: "\(count)")
    })
    try await withHeldLoop(service) { peer in
      peer.send(.headers(1, grpcRequest("/test.Bytes/ClientStreaming")))
      var window = 65_535, sent = 0
      let chunk = Array(repeating: [message(String(repeating: "x", count: 1_000))], count: 16).flatMap {
        $0.flatMap { $0 }
      }
      while sent < 40 {
        while window < chunk.count {
          let update = try await peer.next(.windowUpdate, on: 1)
          window += Int(update.number())
        }
        peer.send(.data(1, Array(chunk.prefix(16_000))))
        peer.send(.data(1, Array(chunk.dropFirst(16_000)), endStream: sent == 39))
        window -= chunk.count
        sent += 1
      }
      let frames = try await peer.response(on: 1)
      #expect(frames.contains { $0.payload == message("\(40 * 16_000)") })
    }
  }
}
