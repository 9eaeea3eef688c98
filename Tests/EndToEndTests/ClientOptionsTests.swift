// The options of a generated client and those of a call, in every method that stubs have.
import EchoStubs
import Freshet
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ClientOptionsTests {
  private final class Recorder: ClientInterceptor {
    private let calls = Mutex<[CallOptions]>([])
    var options: [CallOptions] { calls.withLock { $0 } }
    func startCall(_ call: inout ClientCallRequest) async throws {
      calls.withLock { [options = call.options] in $0.append(options) }
    }
  }

  /// Calls each method of the stubs, in each form.
  private func callAll(_ echo: Echo_V1_Echo.Client, _ options: CallOptions?) async throws {
    let hello = Echo_V1_Message.with { $0.text = "hello" },
      stream = AsyncGenerator<Echo_V1_Message, any Error> { try await $0(hello) }
    let _: Echo_V1_Message = try await echo.get(hello, options: options)
    let _: Response<Echo_V1_Message> = try await echo.get(hello, options: options)
    for try await _ in echo.expand(hello, options: options) {}
    let _: Echo_V1_Message = try await echo.collect([hello], options: options)
    let _: Response<Echo_V1_Message> = try await echo.collect([hello], options: options)
    let _: Echo_V1_Message = try await echo.collect(stream, options: options)
    let _: Response<Echo_V1_Message> = try await echo.collect(stream, options: options)
    let _: Echo_V1_Message = try await echo.collect(options: options) { yield in try await yield(hello) }
    let _: Response<Echo_V1_Message> = try await echo.collect(options: options) { yield in try await yield(hello) }
    for try await _ in echo.update([hello], options: options) {}
    for try await _ in echo.update(stream, options: options) {}
    for try await _ in echo.update(options: options, { yield in try await yield(hello) }) {}
    let call = echo.update(options: options)
    try await call.send(hello)
    call.finish()
    for try await _ in call.responses {}
  }
  private static let forms = 13

  @Test func `a client's token is sent with a call's time-out, in every method`() async throws {
    let recorder = Recorder(), log = Mutex<[(token: String?, hasDeadline: Bool)]>([])
    struct Noting: ServerInterceptor {
      let note: @Sendable (ServerContext) -> Void
      func intercept(_ context: ServerContext, next: Next) async throws {
        note(context)
        try await next(context)
      }
    }
    let noting = Noting { context in
      log.withLock { $0.append((context.metadata["authorization"], context.deadline != nil)) }
    }
    let server = Server(services: [EchoService()], interceptors: [noting])
    try await withChannel(server.inProcessChannel(interceptors: [recorder])) { channel in
      let client = CallOptions(
        metadata: ["authorization": "Bearer x"], compression: .gzip, maxReceiveMessageBytes: 1_000)
      let echo = Echo_V1_Echo.Client(channel, options: client)
      try await callAll(
        echo, CallOptions(metadata: ["tenant": "north"], timeout: .seconds(3_600), minimumCompressedBytes: 7))
      try await callAll(echo, nil)
    }
    await server.drain()
    let (joined, plain) = (recorder.options.prefix(Self.forms), recorder.options.dropFirst(Self.forms))
    #expect(joined.count == Self.forms && plain.count == Self.forms)
    for options in joined {
      #expect(options.metadata == ["authorization": "Bearer x", "tenant": "north"])
      #expect(options.timeout == .seconds(3_600) && options.compression?.name == "gzip")
      #expect(
        options.minimumCompressedBytes == 7 && options.maxReceiveMessageBytes == 1_000 && options.waitForReady == nil)
    }
    for options in plain {
      #expect(options.metadata == ["authorization": "Bearer x"])
      #expect(options.timeout == nil && options.compression?.name == "gzip" && options.maxReceiveMessageBytes == 1_000)
    }
    #expect(log.withLock { $0.map(\.token) } == Array(repeating: "Bearer x", count: 2 * Self.forms))
    #expect(log.withLock { $0.map(\.hasDeadline) } == (0..<2 * Self.forms).map { $0 < Self.forms })
  }

  @Test func `an interceptor's additions apply to the merged options`() async throws {
    struct Adding: ClientInterceptor {
      func startCall(_ call: inout ClientCallRequest) async throws {
        call.options = call.options.adding(CallOptions(metadata: ["tenant": "south"]))
      }
    }
    let fake = Echo_V1_Echo.Fake(get: { _, context in
      .with {
        $0.text = ["authorization", "tenant", "trace"].map { context.metadata[$0] ?? "-" }.joined(separator: " ")
      }
    })
    let server = Server(services: [fake])
    try await withChannel(server.inProcessChannel(interceptors: [Adding()])) { channel in
      let echo = Echo_V1_Echo.Client(
        channel, options: CallOptions(metadata: ["authorization": "x", "tenant": "north"]))
      let reply: Echo_V1_Message = try await echo.get(
        .init(), options: CallOptions(metadata: ["trace": "1", "tenant": "west"]))
      #expect(reply.text == "x south 1")
    }
    await server.drain()
  }
}
