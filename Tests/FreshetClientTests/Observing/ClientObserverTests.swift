// What observers see of calls, in all outcomes.
import FreshetCore
import FreshetStreams
import FreshetTransport
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import FreshetClient

@Suite(.timeLimit(.minutes(5)), .onEitherLoop) struct ClientObserverTests {
  /// Records everything, call by call.
  private final class Notebook: ClientObserver {
    let ended = EventLog<String>()
    private let calls = Mutex<[Call]>([])
    private let observesMessages: Bool

    init(observesMessages: Bool = false) { self.observesMessages = observesMessages }

    func callBegan(_ call: ClientCallRequest) -> (any ClientCallObserver)? {
      let made = Call(call.method, observesMessages: observesMessages, ended)
      calls.withLock { $0.append(made) }
      return made
    }

    /// The calls' events, in the order in which they began.
    var notes: [String] { calls.withLock { $0.map(\.notes) } }
  }

  private final class Call: ClientCallObserver {
    let observesMessages: Bool
    let outcomes = EventLog<ClientCallOutcome>()
    private let ended: EventLog<String>
    private let lines: Mutex<[String]>

    init(_ method: String, observesMessages: Bool, _ ended: EventLog<String>) {
      self.observesMessages = observesMessages
      self.ended = ended
      lines = Mutex(["\(method)"])
    }

    var notes: String { lines.withLock { $0.joined(separator: ", ") } }

    private func note(_ line: String) { lines.withLock { $0.append(line) } }

    func attemptBegan(_ attempt: ClientAttempt) { note("attempt \(attempt.number)") }
    func attemptEnded(_ attempt: ClientAttempt, error: RPCError?) { note("its end \(error?.code ?? .ok)") }
    func requestSent(_ message: ObservedMessage) { note("sent \(message.bytes)") }
    func responseReceived(_ message: ObservedMessage) { note("received \(message.bytes)") }
    func callEnded(_ outcome: ClientCallOutcome) {
      note("end \(outcome.status.code)")
      ended.record(notes)
      outcomes.record(outcome)
    }
  }

  private static let path = "/test.Bytes/Any"

  private func withObserver(
    _ notebook: Notebook, interceptors: [any ClientInterceptor] = [],
    _ body: (RPCChannel, ScriptedServer) async throws -> Void
  ) async throws {
    var configuration = ChannelConfiguration()
    configuration.observers = [notebook]
    try await withScript(interceptors: interceptors, configuration: configuration, body)
  }

  /// Makes a unary call with this response.
  private func notes(options: CallOptions = CallOptions(), _ answer: [Frame]) async throws -> [String] {
    let notebook = Notebook()
    try await withObserver(notebook) { channel, server in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1]), options: options) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      peer.send(answer)
      _ = await call.result
    }
    return notebook.notes
  }

  @Test func `a successful call has one attempt, and its end is reported before the caller resumes`()
    async throws
  {
    #expect(
      try await notes([
        .headers(1, answerHead), .data(1, grpcMessage([7])), .headers(1, [("grpc-status", "0")], endStream: true),
      ]) == ["\(Self.path), attempt 1, its end OK, end OK"])
  }

  @Test func `a status, a reset and an invalid response end the attempt and the call`() async throws {
    let status = Frame.headers(1, answerHead + [("grpc-status", "5")], endStream: true)
    #expect(try await notes([status]) == ["\(Self.path), attempt 1, its end NOT_FOUND, end NOT_FOUND"])
    #expect(try await notes([.reset(1, code: 2)]) == ["\(Self.path), attempt 1, its end INTERNAL, end INTERNAL"])
    let html = Frame.headers(1, [(":status", "503"), ("content-type", "text/html")])
    #expect(try await notes([html]) == ["\(Self.path), attempt 1, its end UNAVAILABLE, end UNAVAILABLE"])
  }

  @Test func `C9: an OK without a response is a success of the attempt, not of the call`() async throws {
    let onlyOK = Frame.headers(1, answerHead + [("grpc-status", "0")], endStream: true)
    #expect(try await notes([onlyOK]) == ["\(Self.path), attempt 1, its end OK, end UNIMPLEMENTED"])
  }

  @Test func `C6: a call that a server did not process has another attempt`() async throws {
    let notebook = Notebook()
    try await withObserver(notebook) { channel, server in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers, on: 1)
      peer.send(.reset(1, code: 7))
      _ = try await peer.next(.headers, on: 3)
      answer(peer, 3)
      _ = try await call.value
    }
    #expect(
      notebook.notes == ["\(Self.path), attempt 1, its end UNAVAILABLE, attempt 2, its end OK, end OK"])
  }

  @Test func `a deadline and a cancellation end a running attempt`() async throws {
    let notebook = Notebook()
    try await withObserver(notebook) { channel, server in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      call.cancel()
      _ = await call.result
      let options = CallOptions(timeout: .seconds(1))
      _ = await Task { try await channel.unary(method(.unary), Bytes(bytes: [1]), options: options) }.result
    }
    #expect(notebook.notes.first == "\(Self.path), attempt 1, its end CANCELLED, end CANCELLED")
    #expect(notebook.notes.last?.hasSuffix("end DEADLINE_EXCEEDED") == true)
  }

  @Test func `a call that never gets a connection has an end, and no attempt`() async throws {
    let notebook = Notebook()
    try await withObserver(notebook) { channel, server in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) }
      try await server.acceptSilent().close()
      _ = await call.result
    }
    var configuration = ChannelConfiguration()
    configuration.observers = [notebook]
    let unusable = RPCChannel("odd://target", configuration: configuration)
    _ = await Task { try await unusable.unary(method(.unary), Bytes()) }.result
    #expect(notebook.notes == ["\(Self.path), end UNAVAILABLE", "\(Self.path), end FAILED_PRECONDITION"])
  }

  @Test func `a call cancelled before its start, or dropped before it was read, has an end`() async throws {
    let notebook = Notebook()
    try await withObserver(notebook) { channel, _ in
      let (cancelled, _) = await (
        Task {
          withUnsafeCurrentTask { $0?.cancel() }
          return try await channel.unary(method(.unary), Bytes(bytes: [1]))
        }.result, ()
      )
      #expect(rpcError(cancelled).code == .cancelled)
      do {
        let unread = channel.serverStreaming(method(.serverStreaming), Bytes())
        unread.start()
      }
      _ = try await notebook.ended.next("the first end")
      _ = try await notebook.ended.next("the second end")
    }
    #expect(notebook.notes == ["\(Self.path), end CANCELLED", "\(Self.path), end CANCELLED"])
  }

  @Test func `a call that an interceptor refuses, or whose request cannot be encoded, has an end`() async throws {
    struct Refusing: ClientInterceptor {
      func startCall(_ call: inout ClientCallRequest) async throws {
        throw RPCError(code: .unauthenticated, message: "no token")
      }
    }
    struct BrokenCodec: Codec {
      struct Broken: Error {}
      func encode(_ message: Bytes, reservingPrefix prefixBytes: Int) throws -> ByteBuffer { throw Broken() }
      func decode(_ payload: ByteBuffer) throws -> Bytes { payload }
      var contentSubtype: String { "proto" }
    }
    let notebook = Notebook()
    try await withObserver(notebook, interceptors: [Refusing()]) { channel, _ in
      _ = await Task { try await channel.unary(method(.unary), Bytes()) }.result
      let broken = MethodDescriptor<Bytes, Bytes>(
        service: "test.Bytes", method: "Any", kind: .unary, requestCodec: BrokenCodec(), responseCodec: BytesCodec())
      _ = await Task { try await channel.unary(broken, Bytes()) }.result
    }
    #expect(notebook.notes == ["\(Self.path), end UNAUTHENTICATED", "\(Self.path), end INTERNAL"])
  }

  @Test func `a call on a channel after shutdown, of itself or its loop, has an end`() async throws {
    let notebook = Notebook()
    try await withObserver(notebook) { channel, _ in
      await channel.shutdown()
      _ = await Task { try await channel.unary(method(.unary), Bytes()) }.result
    }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var configuration = ChannelConfiguration()
    configuration.observers = [notebook]
    configuration.eventLoopGroup = group
    let dead = RPCChannel("127.0.0.1:1", configuration: configuration)
    try await group.shutdownGracefully()
    _ = await Task { try await dead.unary(method(.unary), Bytes()) }.result
    #expect(notebook.notes == ["\(Self.path), end UNAVAILABLE", "\(Self.path), end UNAVAILABLE"])
  }

  @Test(arguments: [false, true])
  func `messages are reported on request`(observesMessages: Bool) async throws {
    let notebook = Notebook(observesMessages: observesMessages)
    try await withObserver(notebook) { channel, server in
      let call = channel.bidirectional(method(.bidirectional))
      try await call.send(Bytes(bytes: [1, 2]))
      let peer = try await server.accept()
      _ = try await peer.next(.data)
      peer.send(.headers(1, answerHead), .data(1, grpcMessage([1, 2, 3])))
      var responses = call.responses.makeAsyncIterator()
      _ = try await responses.next()
      try await call.send(Bytes())
      call.finish()
      _ = try await peer.next(.data)
      peer.send(.headers(1, [("grpc-status", "0")], endStream: true))
      let end = try await responses.next()
      #expect(end == nil)
    }
    let notes = try #require(notebook.notes.first)
    #expect(
      notes.replacing("attempt 1, ", with: "")
        == (observesMessages
          ? "\(Self.path), sent 2, received 3, sent 0, its end OK, end OK" : "\(Self.path), its end OK, end OK"))
  }

  @Test func `the outcome has the error, the trailers, the attempts and the time`() async throws {
    let call = Call("", observesMessages: false, EventLog<String>())
    struct One: ClientObserver {
      let call: Call
      func callBegan(_ call: ClientCallRequest) -> (any ClientCallObserver)? { self.call }
    }
    var configuration = ChannelConfiguration()
    configuration.observers = [One(call: call)]
    try await withScript(configuration: configuration) { channel, server in
      let result = Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers, on: 1)
      peer.send(.reset(1, code: 7))
      _ = try await peer.next(.headers, on: 3)
      peer.send(.headers(3, answerHead + [("grpc-status", "5"), ("x", "y")], endStream: true))
      _ = await result.result
    }
    let outcome = try await call.outcomes.next("the outcome")
    #expect(outcome.error?.code == .notFound && outcome.status.code == .notFound && outcome.trailers["x"] == "y")
    #expect(outcome.attempts == 2 && outcome.duration > .zero)
  }

  @Test func `an observer that returns nil sees no more of the call, the others do`() async throws {
    struct Bored: ClientObserver {
      let began = EventLog<String>()
      func callBegan(_ call: ClientCallRequest) -> (any ClientCallObserver)? {
        began.record(call.method)
        return nil
      }
    }
    for notebook in [nil, Notebook()] {
      let bored = Bored()
      var configuration = ChannelConfiguration()
      configuration.observers = [bored] + (notebook.map { [$0] } ?? [])
      try await withScript(configuration: configuration) { channel, server in
        let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) }
        let peer = try await server.accept()
        _ = try await peer.next(.headers)
        answer(peer, 1)
        _ = try await call.value
      }
      #expect(try await bored.began.next("the begin") == Self.path)
      #expect(notebook?.notes ?? [] == (notebook == nil ? [] : ["\(Self.path), attempt 1, its end OK, end OK"]))
    }
  }

  @Test func `several observers see the same`() async throws {
    let first = Notebook(), second = Notebook(observesMessages: true)
    var configuration = ChannelConfiguration()
    configuration.observers = [first, second]
    try await withScript(configuration: configuration) { channel, server in
      let call = Task { try await channel.unary(method(.unary), Bytes(bytes: [1])) }
      let peer = try await server.accept()
      _ = try await peer.next(.headers)
      answer(peer, 1)
      _ = try await call.value
    }
    #expect(first.notes == ["\(Self.path), attempt 1, its end OK, end OK"])
    #expect(second.notes == ["\(Self.path), sent 1, attempt 1, its end OK, end OK, received 1"])
  }
}
