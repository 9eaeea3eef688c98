// What interceptors see and change, and for which methods they run.
import FreshetCore
import FreshetStreams
import FreshetTransport
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(5))) struct ServerInterceptorTests {
  /// Records the error thrown by `next`.
  private struct Outcome: ServerInterceptor {
    let outcome = Signal<RPCError?>()

    func intercept(_ context: ServerContext, next: Next) async throws {
      do {
        try await next(context)
        outcome.set(nil)
      } catch {
        outcome.set(error as? RPCError ?? RPCError(code: .unknown, message: "\(error)"))
        throw error
      }
    }
  }

  /// Its handlers wait until they are cancelled, and ignore that.
  private static let waiting: BytesService = {
    let wait: @Sendable () async -> Void = { try? await Task.sleep(for: .seconds(600)) }
    return BytesService(
      unary: { request, _ in
        await wait()
        return request
      },
      serverStreaming: { _, _ in AsyncGenerator { _ in await wait() } },
      clientStreaming: { _, _ in
        await wait()
        return ByteBuffer()
      },
      bidirectional: { _, _ in AsyncGenerator { _ in await wait() } })
  }()

  private static let methods = ["Unary", "ServerStreaming", "ClientStreaming", "Bidirectional"]

  @Test(arguments: methods, [HandlerExecution.automatic, .globalPool])
  func `an interceptor learns that the deadline has passed or that the client is gone`(
    _ method: String, _ execution: HandlerExecution
  ) async throws {
    for (isReset, code) in [(true, Status.Code.cancelled), (false, .deadlineExceeded)] {
      let interceptor = Outcome()
      var configuration = ServerConfiguration()
      configuration.handlerExecution = execution
      let begun = Signal<Void>()
      let service = Self.waiting.intercepted(by: interceptor, Begin(begun: begun))
      try await withPeer(service, configuration: configuration) { peer, _ async throws in
        let timeout = isReset ? [] : [("grpc-timeout", "2S")]
        peer.send(
          .headers(1, grpcRequest("/test.Bytes/\(method)", timeout)), .data(1, grpcMessage([1]), endStream: true))
        if isReset {
          try await begun.value()
          peer.send(.reset(1, code: 8))
        }
        #expect(try await interceptor.outcome.value()?.code == code)
      }
    }
  }

  private struct Begin: ServerInterceptor {
    let begun: Signal<Void>
    func intercept(_ context: ServerContext, next: Next) async throws {
      begun.set()
      try await next(context)
    }
  }

  @Test func `an interceptor learns of success, and of the handler's error`() async throws {
    for text in ["fine", "no"] {
      let interceptor = Outcome()
      let service = BytesService(unary: { request, _ in
        if text == "no" { throw RPCError(code: .aborted, message: text) }
        return request
      })
      try await withPeer(service.intercepted(by: interceptor)) { peer, _ async throws in
        _ = try await peer.call("/test.Bytes/Unary", 1, [[1]])
      }
      #expect(try await interceptor.outcome.value()?.code == (text == "no" ? .aborted : nil))
    }
  }

  @Test func `the handler sees metadata set by an interceptor`() async throws {
    struct User: ServerInterceptor {
      func intercept(_ context: ServerContext, next: Next) async throws {
        context.metadata["user"] = context.metadata["authorization"].map { "of \($0)" }
        context.metadata["authorization"] = nil
        try await next(context)
      }
    }
    let service = BytesService(unary: { _, context in
      ByteBuffer(string: "\(context.metadata["user"] ?? "nobody") \(context.metadata["authorization"] ?? "without")")
    })
    try await withPeer(service.intercepted(by: User())) { peer, _ async throws in
      peer.send(
        .headers(1, grpcRequest("/test.Bytes/Unary", [("authorization", "x")])),
        .data(1, grpcMessage([1]), endStream: true))
      let frames = try await peer.response(on: 1)
      #expect(frames.contains { $0.payload == grpcMessage(Array("of x without".utf8)) })
    }
  }

  @Test func `a method's interceptors are inside its service's, and do not affect other methods`() async throws {
    struct Note: ServerInterceptor {
      let name: String
      func intercept(_ context: ServerContext, next: Next) async throws {
        context.responseMetadata.add(name, for: "note")
        try await next(context)
      }
    }
    let service = BytesService(unary: { request, _ in request }, clientStreaming: { _, _ in ByteBuffer() })
      .intercepted(by: Note(name: "method"), methods: ["Unary"])
      .intercepted(by: Note(name: "service"), Note(name: "second"))
    try await withPeer(service) { peer, _ async throws in
      for (id, method, notes) in [
        (1, "Unary", ["service", "second", "method"]), (3, "ClientStreaming", ["service", "second"]),
      ] {
        let head = try await peer.call("/test.Bytes/\(method)", UInt32(id), [[1]]).first
        #expect(head?.fields.filter { $0.name == "note" }.map(\.value) == notes)
      }
    }
  }

  // MARK: Contexts

  @Test func `a context can be made without a call`() async throws {
    let deadline = Deadline.after(.seconds(60))
    let context = ServerContext(testing: "/a.B/C", metadata: ["x": "1"], deadline: deadline, peer: "unix:")
    #expect(
      context.method == "/a.B/C" && context.metadata["x"] == "1" && context.deadline == deadline
        && context.peer == "unix:")
    #expect(!context.isCancelled && !context.isDraining)
    context.responseTrailers["y"] = "2"
    try await context.sendInitialMetadata()
    #expect(context.responseTrailers["y"] == "2")
  }

  @Test(arguments: [nil, "", "a b", "ü", String(repeating: "x", count: 129)] as [String?])
  func `a request has an id, the client's if usable`(_ bad: String?) {
    let made = ServerContext(metadata: bad.map { ["x-request-id": $0] } ?? [:])
    #expect(made.requestID.utf8.count == 16 && made.requestID == made.requestID)
    let given = ServerContext(metadata: ["x-request-id": "q-1"])
    #expect(given.requestID == "q-1")
    #expect(
      given.logger[metadataKey: "request-id"] == "q-1" && given.logger[metadataKey: "method"] == "/test.Service/Method")
  }

  // MARK: The drain

  @Test func `a handler that waits for the drain ends with it, long before the time-out`() async throws {
    var configuration = ServerConfiguration()
    configuration.drainTimeout = .seconds(300)
    configuration.connection.flushTimeout = .milliseconds(50)  // the peer does not answer
    let service = BytesService(serverStreaming: { _, context in
      AsyncGenerator { yield in
        try await yield(ByteBuffer(string: "begun"))
        await context.waitForDrain()
        #expect(context.isDraining)
        try await yield(ByteBuffer(string: "bye"))
      }
    })
    try await withPeer(service, configuration: configuration) { peer, server async throws in
      peer.send(.headers(1, grpcRequest("/test.Bytes/ServerStreaming")), .data(1, grpcMessage([1]), endStream: true))
      _ = try await peer.frames { $0.streamID == 1 && $0.kind == .data }
      async let drained: Void = server.drain()
      let rest = try await peer.response(on: 1)
      #expect(rest.last?["grpc-status"] == "0")
      await drained
    }
  }

  @Test func `a wait for the drain ends with its task`() async {
    let table = ConnectionTable()
    let before = Task { await table.waitForDrain() }
    before.cancel()
    await before.value
    let waiting = Task { await table.waitForDrain() }
    await Task.yield()
    table.startDraining()
    await waiting.value
    await table.waitForDrain()
  }
}
