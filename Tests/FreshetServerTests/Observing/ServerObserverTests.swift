// What observers learn about calls; each kind of end exactly once.
import FreshetCore
import FreshetStreams
@testable import FreshetTransport
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(5))) struct ServerObserverTests {
  /// Records its events as lines.
  private final class Recorder: ServerObserver {
    let ends = EventLog<ServerCallOutcome>()
    private let observesMessages: Bool
    private let written = Mutex<[String]>([])

    init(observesMessages: Bool = false) { self.observesMessages = observesMessages }

    var lines: [String] { written.withLock { $0 } }
    func write(_ line: String) { written.withLock { $0.append(line) } }

    func callBegan(_ call: ObservedCall) -> (any ServerCallObserver)? {
      write("begin \(call.method)" + (call.isKnownMethod ? "" : " unknown") + (call.isRefused ? " refused" : ""))
      return Call(self, observesMessages: observesMessages)
    }
  }

  private final class Call: ServerCallObserver {
    let observesMessages: Bool
    private let recorder: Recorder

    init(_ recorder: Recorder, observesMessages: Bool) {
      self.recorder = recorder
      self.observesMessages = observesMessages
    }

    func requestReceived(_ message: ObservedMessage) { recorder.write("in \(message.bytes)") }
    func responseSent(_ message: ObservedMessage) { recorder.write("out \(message.bytes)") }
    func callEnded(_ outcome: ServerCallOutcome) {
      recorder.write("end \(outcome.status.code) by \(outcome.cause)" + (outcome.wasHeadSent ? " behind head" : ""))
      recorder.ends.record(outcome)
    }
  }

  private static let executions: [HandlerExecution] = [.eventLoop, .globalPool]

  private let echo = BytesService(
    unary: { request, _ in
      if request.readableBytes == 0 { throw RPCError(code: .aborted, message: "no") }
      return request
    },
    bidirectional: { requests, _ in
      AsyncGenerator { yield in
        for try await request in requests {
          if request.readableBytes == 0 { throw RPCError(code: .dataLoss, message: "gone") }
          try await yield(request)
        }
      }
    })

  /// Signals its begin, then waits for its cancellation.
  private func waiting(_ begun: Signal<Void>, sendsHead: Bool = false) -> BytesService {
    BytesService(unary: { request, context in
      if sendsHead {
        try await context.sendInitialMetadata()
        context.call.stream.executor.runSoon { context.call.timerFired() }  // as the deadline's timer would
      }
      begun.set()
      try await Task.sleep(for: .seconds(600))
      return request
    })
  }

  private func observed(
    _ service: some RPCService, _ execution: HandlerExecution = .automatic, observesMessages: Bool = false,
    settings: [(UInt16, UInt32)] = [], change: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (FramePeer, Server, Recorder) async throws -> Void
  ) async throws -> [String] {
    let recorder = Recorder(observesMessages: observesMessages)
    var configuration = ServerConfiguration()
    configuration.logger = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
    configuration.handlerExecution = execution
    change(&configuration)
    try await withPeer(service, configuration: configuration, settings: settings, observers: [recorder]) {
      peer, server async throws in try await body(peer, server, recorder)
    }
    return recorder.lines
  }

  // MARK: The handler's end

  @Test(arguments: executions)
  func `a successful call has a begin and an end, and messages only on request`(
    _ execution: HandlerExecution
  ) async throws {
    let lines = try await observed(echo, execution) { peer, _, recorder async throws in
      _ = try await peer.call("/test.Bytes/Unary", 1, [[1, 2, 3]])
      let end = try await recorder.ends.next("the end")
      #expect(end.requests == .init(count: 1, bytes: 3) && end.responses == .init(count: 1, bytes: 3))
      #expect(end.httpStatus == nil && end.duration >= .zero)
    }
    #expect(lines == ["begin /test.Bytes/Unary", "end OK by handler behind head"])
  }

  @Test(arguments: executions)
  func `messages are reported on request, in order, before the end`(_ execution: HandlerExecution) async throws {
    let lines = try await observed(echo, execution, observesMessages: true) { peer, _, recorder async throws in
      _ = try await peer.call("/test.Bytes/Bidirectional", 1, [[1], [1, 2]])
      #expect(try await recorder.ends.next("the end").responses == .init(count: 2, bytes: 3))
      _ = try await peer.call("/test.Bytes/Unary", 3, [[1, 2, 3]])
    }
    let first = lines.prefix { !$0.hasPrefix("end") }
    #expect(first.filter { $0.hasPrefix("in") } == ["in 1", "in 2"])
    #expect(first.filter { $0.hasPrefix("out") } == ["out 1", "out 2"])
    #expect(
      lines.suffix(5) == [
        "end OK by handler behind head", "begin /test.Bytes/Unary", "in 3", "out 3", "end OK by handler behind head",
      ])
  }

  @Test func `sizes are those on the wire`() async throws {
    let gzipped = Array(try Compression.gzip.compress(ByteBuffer(repeating: 7, count: 5_000)).readableBytesView)
    let lines = try await observed(
      echo, observesMessages: true, change: { $0.compression = .gzip }
    ) { peer, _, recorder async throws in
      peer.send(
        .headers(1, grpcRequest("/test.Bytes/Unary", [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")])),
        .data(1, grpcMessage(gzipped, flag: 1), endStream: true))
      let frames = try await peer.response(on: 1)
      let end = try await recorder.ends.next("the end")
      #expect(end.requests.bytes == gzipped.count && end.responses.bytes == frames[1].payload.count - 5)
    }
    #expect(lines[1] == "in \(gzipped.count)")
  }

  @Test(arguments: executions)
  func `a handler's error is the outcome, before and after the head`(_ execution: HandlerExecution) async throws {
    let lines = try await observed(echo, execution) { peer, _, recorder async throws in
      _ = try await peer.call("/test.Bytes/Unary", 1, [[]])
      #expect(try await recorder.ends.next("the first end").status.message == "no")
      _ = try await peer.call("/test.Bytes/Bidirectional", 3, [[1], []])
    }
    #expect(
      lines == [
        "begin /test.Bytes/Unary", "end ABORTED by handler",
        "begin /test.Bytes/Bidirectional", "end DATA_LOSS by handler behind head",
      ])
  }

  @Test func `an interceptor's refusal is the handler's end, and its changes are visible`() async throws {
    struct Refuse: ServerInterceptor {
      func intercept(_ context: ServerContext, next: Next) async throws {
        if context.metadata["token"] == nil { throw RPCError(code: .unauthenticated, message: "who?") }
        try await next(context)
      }
    }
    let lines = try await observed(echo.intercepted(by: Refuse())) { peer, _, _ async throws in
      _ = try await peer.call("/test.Bytes/Unary", 1, [[1]])
      _ = try await peer.call("/test.Bytes/Unary", 3, [[1]], [("token", "x")])
    }
    #expect(
      lines == [
        "begin /test.Bytes/Unary", "end UNAUTHENTICATED by handler",
        "begin /test.Bytes/Unary", "end OK by handler behind head",
      ])
  }

  @Test func `a truncated status is reported as sent`() async throws {
    let service = BytesService(unary: { request, context in
      context.responseTrailers.add(String(repeating: "y", count: 3_000), for: "x")
      return request
    })
    let lines = try await observed(service, settings: [(6, 2_000)]) { peer, _, _ async throws in
      #expect(try await peer.call("/test.Bytes/Unary", [[1]]).last?["grpc-status"] == "8")
    }
    #expect(lines == ["begin /test.Bytes/Unary", "end RESOURCE_EXHAUSTED by handler behind head"])
  }

  // MARK: No handler

  @Test func `refused requests have a begin and an end, too`() async throws {
    let get = [(":method", "GET"), (":scheme", "http"), (":path", "/page"), (":authority", "x")]
    let html = [
      (":method", "POST"), (":scheme", "http"), (":path", "/test.Bytes/Unary"), (":authority", "x"),
      ("content-type", "text/html"), ("user-agent", "browser"),
    ]
    let lines = try await observed(echo) { peer, _, recorder async throws in
      _ = try await peer.call("/no.Such/Method", 1, [[1]])
      _ = try await peer.call("/test.Bytes/Unary", 3, [[1]], [("grpc-encoding", "br")])
      _ = try await peer.call("/test.Bytes/Unary", 5, [[1]], [("grpc-timeout", "soon")])
      for id in [1, 3, 5] { #expect(try await recorder.ends.next("end \(id)").httpStatus == nil) }
      peer.send(.headers(7, get, endStream: true))
      _ = try await peer.response(on: 7)
      #expect(try await recorder.ends.next("the page's end").httpStatus == 405)
      peer.send(.headers(9, html, endStream: true))
      _ = try await peer.response(on: 9)
      #expect(try await recorder.ends.next("the form's end").httpStatus == 415)
      peer.send(
        Frame.longHeaders(11, grpcRequest("/test.Bytes/Unary", [("x", String(repeating: "y", count: 20_000))])))
      _ = try await peer.response(on: 11)
    }
    #expect(
      lines == [
        "begin /no.Such/Method unknown refused", "end UNIMPLEMENTED by refusal",
        "begin /test.Bytes/Unary refused", "end UNIMPLEMENTED by refusal",
        "begin /test.Bytes/Unary refused", "end INTERNAL by refusal",
        "begin /page unknown refused", "end UNKNOWN by refusal",
        "begin /test.Bytes/Unary refused", "end UNKNOWN by refusal",
        "begin /test.Bytes/Unary refused", "end RESOURCE_EXHAUSTED by refusal",
      ])
  }

  @Test func `requests that break a rule end their calls before the handler begins`() async throws {
    let lines = try await observed(echo, change: { $0.maxReceiveMessageBytes = 10 }) { peer, _, _ async throws in
      _ = try await peer.call("/test.Bytes/Unary", 1, [])
      _ = try await peer.call("/test.Bytes/Unary", 3, [[1], [2]])
      _ = try await peer.call("/test.Bytes/Unary", 5, [Array(repeating: 1, count: 11)])
    }
    #expect(
      lines.filter { $0.hasPrefix("end") } == [
        "end UNIMPLEMENTED by invalidRequest", "end UNIMPLEMENTED by invalidRequest",
        "end RESOURCE_EXHAUSTED by invalidRequest",
      ])
    #expect(lines.count == 6)
  }

  @Test func `an exhausted memory budget, and a zero time-out, are reported as such`() async throws {
    let budget = MemoryBudget(limitBytes: 1)
    let full = try await observed(echo, change: { $0.connection.memoryBudget = budget }) { peer, _, _ async throws in
      budget.report(2)
      _ = try await peer.call("/test.Bytes/Unary", 1, [[1]])
      budget.report(-2)
    }
    #expect(full == ["begin /test.Bytes/Unary", "end UNAVAILABLE by memoryBudget"])
    let late = try await observed(echo) { peer, _, _ async throws in
      _ = try await peer.call("/test.Bytes/Unary", 1, [[1]], [("grpc-timeout", "0n")])
    }
    #expect(late == ["begin /test.Bytes/Unary", "end DEADLINE_EXCEEDED by deadline"])
  }

  // MARK: Before the handler's end

  @Test(arguments: executions, [false, true])
  func `a passed deadline is reported once, and the handler's later end is not`(
    _ execution: HandlerExecution, sendsHead: Bool
  ) async throws {
    let begun = Signal<Void>()
    let lines = try await observed(waiting(begun, sendsHead: sendsHead), execution) { peer, _, _ async throws in
      let timeout = sendsHead ? [] : [("grpc-timeout", "2S")]
      let frames = try await peer.call("/test.Bytes/Unary", 1, [[1]], timeout)
      #expect(frames.last?["grpc-status"] == "4")
    }
    #expect(
      lines == ["begin /test.Bytes/Unary", "end DEADLINE_EXCEEDED by deadline" + (sendsHead ? " behind head" : "")])
  }

  @Test(arguments: executions)
  func `a client's reset and a lost connection are reported once`(_ execution: HandlerExecution) async throws {
    for (isReset, cause) in [(true, "reset"), (false, "connectionLost")] {
      let begun = Signal<Void>()
      let lines = try await observed(waiting(begun), execution) { peer, _, recorder async throws in
        peer.send(.headers(1, grpcRequest("/test.Bytes/Unary")), .data(1, grpcMessage([1]), endStream: true))
        try await begun.value()
        if isReset { peer.send(.reset(1, code: 8)) } else { peer.close() }
        _ = try await recorder.ends.next("the end")
      }
      #expect(lines == ["begin /test.Bytes/Unary", "end CANCELLED by \(cause)"])
    }
  }

  @Test func `a client that breaks a rule of HTTP/2 has its call reset by the server`() async throws {
    let begun = Signal<Void>()
    let lines = try await observed(waiting(begun)) { peer, _, recorder async throws in
      peer.send(.headers(1, grpcRequest("/test.Bytes/Unary")), .data(1, grpcMessage([1])))
      peer.send(.windowUpdate(1, 0x7fff_ffff))
      _ = try await recorder.ends.next("the end")
    }
    #expect(lines == ["begin /test.Bytes/Unary", "end CANCELLED by resetByServer"])
  }

  @Test(arguments: executions)
  func `a drain time-out ends remaining calls, and is reported`(_ execution: HandlerExecution) async throws {
    let begun = Signal<Void>()
    let lines = try await observed(
      waiting(begun), execution,
      change: {
        $0.drainTimeout = .zero
        $0.connection.flushTimeout = .milliseconds(50)  // the peer does not answer
      }
    ) { peer, server, _ async throws in
      peer.send(.headers(1, grpcRequest("/test.Bytes/Unary")), .data(1, grpcMessage([1]), endStream: true))
      try await begun.value()
      await server.drain()
    }
    #expect(lines == ["begin /test.Bytes/Unary", "end UNAVAILABLE by drain"])
  }

  @Test func `a head over the client's limit ends the call once`() async throws {
    let service = BytesService(unary: { request, context in
      context.responseMetadata.add(String(repeating: "y", count: 3_000), for: "x")
      try await context.sendInitialMetadata()
      return request
    })
    let lines = try await observed(service, settings: [(6, 2_000)]) { peer, _, _ async throws in
      #expect(try await peer.call("/test.Bytes/Unary", [[1]]).last?["grpc-status"] == "8")
    }
    #expect(lines == ["begin /test.Bytes/Unary", "end RESOURCE_EXHAUSTED by oversizedHead"])
  }

  @Test func `a stream that ends before its head is not a call`() async throws {
    let lines = try await observed(echo) { peer, _, _ async throws in
      var head = Frame.headers(1, grpcRequest("/test.Bytes/Unary"))
      head.flags = 0  // CONTINUATION is expected
      peer.send(head)
    }
    #expect(lines == [])
  }

  // MARK: The call

  @Test func `a call has its peer, its metadata and its deadline, even if refused`() async throws {
    struct Peek: ServerObserver {
      let seen: EventLog<String>
      func callBegan(_ call: ObservedCall) -> (any ServerCallObserver)? {
        #expect(call.peer.hasPrefix("unix:") && (call.deadline != nil) == !call.isRefused)
        seen.record("\(call.metadata["user-agent"] ?? "-") \(call.requestID)")
        return nil  // sees no more
      }
    }
    let seen = EventLog<String>()
    try await withPeer(echo, observers: [Peek(seen: seen)]) { peer, _ async throws in
      let more = [("grpc-timeout", "1H"), ("user-agent", "me"), ("x-request-id", "q")]
      _ = try await peer.call("/test.Bytes/Unary", 1, [[1]], more)
      #expect(try await seen.next("the call") == "me q")
      _ = try await peer.call("/no/such", 3, [[1]], more)
      #expect(try await seen.next("the refusal") == "me q")
    }
  }

  @Test func `each of several observers learns all`() async throws {
    let recorders = [Recorder(), Recorder(observesMessages: true)]
    try await withPeer(echo, observers: recorders) { peer, _ async throws in
      _ = try await peer.call("/test.Bytes/Unary", 1, [[1]])
    }
    #expect(recorders[0].lines == ["begin /test.Bytes/Unary", "end OK by handler behind head"])
    #expect(recorders[1].lines == ["begin /test.Bytes/Unary", "in 1", "out 1", "end OK by handler behind head"])
  }

  @Test func `a call that is over is kept by nothing, though its observer refers to it`() async throws {
    final class Holder: ServerCallObserver {
      let call: ObservedCall
      init(_ call: ObservedCall) { self.call = call }
      func callEnded(_ outcome: ServerCallOutcome) {}
    }
    // SAFETY: written on the calls' one loop, read when the server has drained.
    final class Keeper: ServerObserver, @unchecked Sendable {
      weak var observed: ObservedCall?
      var count = 0

      func callBegan(_ call: ObservedCall) -> (any ServerCallObserver)? {
        observed = call
        count += 1
        return Holder(call)
      }
    }
    let keeper = Keeper()
    try await withPeer(echo, observers: [keeper]) { peer, _ async throws in
      _ = try await peer.call("/test.Bytes/Unary", 1, [[1]])
      _ = try await peer.call("/no/such", 3, [[1]])
    }
    #expect(keeper.count == 2 && keeper.observed == nil)
  }
}
