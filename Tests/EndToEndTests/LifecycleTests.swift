// How servers and channels begin and end.
import Foundation
import Freshet
import struct NIOCore.ByteBuffer
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@Suite struct LifecycleTests {
  private static let tcp = ListenAddress.tcp(host: "127.0.0.1", port: 0)

  @Test func `S15: a running call completes while the server drains`() async throws {
    let started = Signal<Void>()
    let goOn = Signal<Void>()
    let service = BytesService(unary: { request, _ in
      started.set()
      try await goOn.value()
      return request
    })
    let (server, address, running) = try await run(service)
    let channel = RPCChannel(address.target)
    let call = Task { try await channel.unary(BytesService.unary, ByteBuffer(string: "x")).message }
    try await started.value()
    running.cancel()
    // The listener is closed before the drain begins; once a second channel is refused, the first call is draining.
    try await expectRefused(address)
    goOn.set()
    #expect(try await call.value == ByteBuffer(string: "x"))
    try await running.value
    await channel.shutdown()
    withExtendedLifetime(server) {}
  }

  @Test func `S15: the drain time-out cancels running calls with UNAVAILABLE`() async throws {
    let started = Signal<Void>()
    let cancelled = Signal<Void>()
    let service = BytesService(unary: { request, _ in
      started.set()
      try await neverEnding(cancelled)
      return request
    })
    var configuration = ServerConfiguration()
    configuration.drainTimeout = .milliseconds(50)
    let (_, address, running) = try await run(service, configuration)
    let channel = RPCChannel(address.target)
    let call = Task { await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) } }
    try await started.value()
    running.cancel()
    let error = await call.value
    #expect(error.code == .unavailable && error.message.contains("shutting down"), "\(error)")
    try await cancelled.value()
    try await running.value
    await channel.shutdown()
  }

  @Test func `C6: a call after GOAWAY uses a new connection`() async throws {
    let service = BytesService(unary: { request, _ in request })
    let (_, address, running) = try await run(service)
    let channel = RPCChannel(address.target)
    _ = try await channel.unary(BytesService.unary, ByteBuffer())
    running.cancel()
    try await running.value
    let (_, _, again) = try await run(service, on: .tcp(host: "127.0.0.1", port: address.port))
    let options = CallOptions(timeout: .seconds(30), waitForReady: true)
    let reply = try await channel.unary(BytesService.unary, ByteBuffer(string: "again"), options: options)
    #expect(reply.message == ByteBuffer(string: "again"))
    await channel.shutdown()
    again.cancel()
    try await again.value
  }

  @Test func `C11: a call that waits for ready outlasts failed attempts`() async throws {
    let service = BytesService(unary: { request, _ in request })
    let port = try await withServer([service]) { $0.port }
    let channel = RPCChannel("ipv4:127.0.0.1:\(port)")
    let failed = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
    #expect(failed.code == .unavailable)
    // While the channel backs off, a call that fails fast gets the last error at once, and one that waits is kept.
    let failedFast = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
    #expect(failedFast.code == .unavailable && failedFast.message == failed.message)
    let waiting = Task {
      try await channel.unary(BytesService.unary, ByteBuffer(string: "x"), options: CallOptions(waitForReady: true))
    }
    let (_, _, running) = try await run(service, on: .tcp(host: "127.0.0.1", port: port))
    #expect(try await waiting.value.message == ByteBuffer(string: "x"))
    await channel.shutdown()
    running.cancel()
    try await running.value
  }

  @Test func `a response stream keeps its channel`() async throws {
    func words(of address: BoundAddress) -> ResponseStream<ByteBuffer> {
      RPCChannel(address.target).serverStreaming(BytesService.serverStreaming, ByteBuffer())
    }
    let service = BytesService(serverStreaming: { _, _ in
      AsyncGenerator { yield in
        for number in 1...3 { try await yield(.patterned(number, count: 8)) }
      }
    })
    try await withServer([service]) { address in
      var numbers: [Int?] = []
      for try await word in words(of: address) { numbers.append(word.number) }
      #expect(numbers == [1, 2, 3])
    }
  }

  @Test func `a handler cannot throw the status OK`() async throws {
    let service = BytesService(unary: { _, _ in throw RPCError(code: .ok, message: "") })
    try await withServerAndChannel(service) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.code == .internal && error.message.contains("status OK"))
    }
  }

  @Test func `an interceptor that runs a handler twice is an error of its call`() async throws {
    struct Twice: ServerInterceptor {
      func intercept(_ context: ServerContext, next: Next) async throws {
        try await next(context)
        try await next(context)
      }
    }
    let service = BytesService(unary: { request, _ in request })
    try await withServerAndChannel(service, interceptors: [Twice()]) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.code == .internal && error.message.contains("twice"))
    }
  }

  @Test func `S10: a status over the client's limit keeps its code and only ends its call`() async throws {
    let service = BytesService(
      unary: { _, _ in throw RPCError(code: .aborted, message: String(repeating: "ä", count: 20_000)) },
      serverStreaming: { _, _ in AsyncGenerator { yield in try await yield(ByteBuffer()) } })
    try await withServerAndChannel(service) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.code == .aborted && error.message.hasPrefix("ääää") && error.message.hasSuffix("…"))
      var count = 0
      for try await _ in channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()) { count += 1 }
      #expect(count == 1)
    }
  }

  @Test func `a channel that was shut down refuses calls as UNAVAILABLE`() async throws {
    let server = Server(services: [BytesService(unary: { request, _ in request })])
    let channel = server.inProcessChannel()
    _ = try await channel.unary(BytesService.unary, ByteBuffer())
    await channel.shutdown()
    let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
    #expect(error.code == .unavailable && error.message.contains("shut down"))
    await server.drain()
  }

  @Test func `C14: calls beyond the peer's stream limit are queued`() async throws {
    var configuration = ServerConfiguration()
    configuration.connection.http2.maxConcurrentStreams = 1
    let service = BytesService(unary: { request, _ in request })
    try await withServerAndChannel(service, configuration: configuration) { channel in
      _ = try await channel.unary(BytesService.unary, ByteBuffer())  // the limit is known from here on
      try await withThrowingTaskGroup { group in
        for number in 0..<10 {
          group.addTask {
            try await channel.unary(BytesService.unary, .patterned(number, count: 8)).message.number == number
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }

  @Test func `a service group stops the server gracefully`() async throws {
    var configuration = ServerConfiguration()
    configuration.trapsSignals = false
    let log = RecordedLog()
    configuration.logger = log.logger
    let server = Server(services: [BytesService(unary: { request, _ in request })], configuration: configuration)
    let group = ServiceGroup(services: [server.service(on: Self.tcp)], logger: log.logger)
    let running = Task { try await group.run() }
    try await log.line(containing: "listening")
    await group.triggerGracefulShutdown()
    try await running.value
    #expect(log.lines.contains { $0.contains("stopped") })
  }

  @TaskLocal private static var place = "nowhere"

  @Test(arguments: [HandlerExecution.eventLoop, .globalPool])
  func `handlers have the task-locals of their server's run, on the same loops as another`(
    execution: HandlerExecution
  ) async throws {
    let service = BytesService(
      unary: { _, _ in ByteBuffer(string: Self.place) },
      serverStreaming: { _, _ in AsyncGenerator { yield in try await yield(ByteBuffer(string: Self.place)) } },
      clientStreaming: { requests, _ in
        for try await _ in requests {}
        return ByteBuffer(string: Self.place)
      },
      bidirectional: { requests, _ in
        AsyncGenerator { yield in for try await _ in requests { try await yield(ByteBuffer(string: Self.place)) } }
      },
      execution: execution)
    func places(_ channel: RPCChannel) async throws -> [String] {
      var places = [try await channel.unary(BytesService.unary, ByteBuffer()).message]
      for try await place in channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()) {
        places.append(place)
      }
      places.append(try await channel.clientStreaming(BytesService.clientStreaming, [ByteBuffer()]).message)
      for try await place in channel.bidirectional(BytesService.bidirectional, [ByteBuffer()]) { places.append(place) }
      return places.map { String(buffer: $0) }
    }
    let (_, northern, north) = try await Self.$place.withValue("north") { try await run(service) }
    let (_, southern, south) = try await Self.$place.withValue("south") { try await run(service) }
    let channels = [RPCChannel(northern.target), RPCChannel(southern.target)]
    for _ in 0..<20 {
      async let northerly = places(channels[0]), southerly = places(channels[1])
      let (one, other) = try await (northerly, southerly)
      #expect(one == Array(repeating: "north", count: 4))
      #expect(other == Array(repeating: "south", count: 4))
    }
    for channel in channels { await channel.shutdown() }
    for running in [north, south] {
      running.cancel()
      try await running.value
    }
  }

  @Test(arguments: [HandlerExecution.eventLoop, .globalPool])
  func `handlers learn of their group's graceful shutdown in time`(execution: HandlerExecution) async throws {
    let unaryBegan = Signal<Void>(), streamBegan = Signal<Void>(), cancelled = Signal<Void>()
    let (ticks, feed) = AsyncStream.makeStream(of: ByteBuffer.self)
    let service = BytesService(
      unary: { request, _ in
        unaryBegan.set()
        try? await cancelWhenGracefulShutdown { try await neverEnding(cancelled) }
        #expect(Task.isShuttingDownGracefully)
        return request
      },
      serverStreaming: { _, _ in
        AsyncGenerator { yield in for await tick in ticks.cancelOnGracefulShutdown() { try await yield(tick) } }
      },
      execution: execution)
    var configuration = ServerConfiguration()
    configuration.drainTimeout = .seconds(3600)
    let log = RecordedLog()
    configuration.logger = log.logger
    let server = Server(services: [service], configuration: configuration)
    let group = ServiceGroup(services: [server.service(on: Self.tcp)], logger: log.logger)
    let running = Task { try await group.run() }
    let line = try await log.line(containing: "listening address=")
    let port = try #require(line.split(separator: " ").first { $0.hasPrefix("address=") }?.split(separator: ":").last)
    let channel = RPCChannel("ipv4:127.0.0.1:\(port)")
    let unary = Task { try await channel.unary(BytesService.unary, ByteBuffer(string: "x")).message }
    let subscription = Task {
      var count = 0
      for try await _ in channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()) {
        count += 1
        streamBegan.set()
      }
      return count
    }
    feed.yield(ByteBuffer())
    try await unaryBegan.value()
    try await streamBegan.value()
    await group.triggerGracefulShutdown()
    #expect(try await unary.value == ByteBuffer(string: "x"))
    #expect(try await subscription.value == 1)
    try await running.value
    await channel.shutdown()
  }

  @Test func `interceptors wrap handlers in order and may refuse`() async throws {
    struct Note: ServerInterceptor {
      let name: String
      func intercept(_ context: ServerContext, next: Next) async throws {
        context.responseTrailers.add("\(name) before", for: "x-trace")
        try await next(context)
        context.responseTrailers.add("\(name) after", for: "x-trace")
      }
    }
    struct RequireToken: ServerInterceptor {
      func intercept(_ context: ServerContext, next: Next) async throws {
        guard context.metadata["authorization"] == "Bearer x" else {
          throw RPCError(code: .unauthenticated, message: "no token")
        }
        try await next(context)
      }
    }
    let service = BytesService(unary: { request, _ in request })
    let interceptors: [any ServerInterceptor] = [RequireToken(), Note(name: "outer"), Note(name: "inner")]
    try await withServerAndChannel(service, interceptors: interceptors) { channel in
      let refused = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(refused.code == .unauthenticated && refused.message == "no token")
      let options = CallOptions(metadata: ["authorization": "Bearer x"])
      let response = try await channel.unary(BytesService.unary, ByteBuffer(), options: options)
      #expect(
        response.trailers.strings(for: "x-trace") == ["outer before", "inner before", "inner after", "outer after"])
    }
  }

  @Test func `client interceptors change calls and see their end`() async throws {
    final class Token: ClientInterceptor {
      let ends = Mutex<[Status.Code]>([])
      func startCall(_ call: inout ClientCallRequest) async throws {
        await Task.yield()
        call.options.metadata.add("Bearer x", for: "authorization")
      }
      func endCall(_ call: ClientCallRequest, error: RPCError?) { ends.withLock { $0.append(error?.code ?? .ok) } }
    }
    let service = BytesService(
      unary: { request, context in
        guard context.metadata["authorization"] == "Bearer x" else {
          throw RPCError(code: .unauthenticated, message: "")
        }
        return request
      },
      serverStreaming: { _, _ in throw RPCError(code: .notFound, message: "") })
    let server = Server(services: [service])
    let token = Token()
    try await withChannel(server.inProcessChannel(interceptors: [token])) { channel in
      _ = try await channel.unary(BytesService.unary, ByteBuffer())
      _ = await rpcError { for try await _ in channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()) {} }
    }
    #expect(token.ends.withLock { $0 } == [.ok, .notFound])
    await server.drain()
  }

  // MARK: Helpers

  private func run(
    _ service: any FreshetServer.RPCService, _ configuration: ServerConfiguration = ServerConfiguration(),
    on address: ListenAddress = tcp
  ) async throws -> (Server, BoundAddress, Task<Void, any Error>) {
    var configuration = configuration
    configuration.trapsSignals = false
    let server = Server(services: [service], configuration: configuration)
    let ready = Signal<BoundAddress>()
    let running = Task {
      do {
        try await server.run(on: address, onReady: { ready.set($0) })
      } catch {
        ready.set(.failure(error))
        throw error
      }
    }
    return (server, try await ready.value(), running)
  }

  private func expectRefused(_ address: BoundAddress) async throws {
    for _ in 0..<1_000 {
      let channel = RPCChannel(address.target)
      let error = await rpcError { try await channel.unary(BytesService.bidirectional, ByteBuffer()) }
      await channel.shutdown()
      if error.code == .unavailable { return }
    }
    Issue.record("the server still takes connections")
  }
}
