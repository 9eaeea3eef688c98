// A service of all kinds of method, and servers and channels for it in the web's protocols.
import EchoStubs
import Freshet
import FreshetServer
import FreshetWeb
import TestSupport
import Testing

typealias Word = Echo_V1_Message

extension Word {
  init(_ text: String) {
    self.init()
    self.text = text
  }
}

/// The methods, of which only `Get` has no side effects.
enum Words {
  static let get = method("Get", .unary, .noSideEffects)
  static let put = method("Put", .unary)
  static let expand = method("Expand", .serverStreaming)
  static let collect = method("Collect", .clientStreaming)
  static let update = method("Update", .bidirectional)

  private static func method(
    _ name: String, _ kind: MethodKind, _ idempotency: Idempotency = .unknown
  ) -> MethodDescriptor<Word, Word> {
    MethodDescriptor(
      service: "test.Words", method: name, kind: kind, idempotency: idempotency, requestCodec: ProtobufCodec<Word>(),
      responseCodec: ProtobufCodec<Word>())
  }
}

/// Repeats what it is sent, word by word; words with a meaning are `fail` and `hang`.
struct WordService: RPCService {
  /// How many handlers were cancelled.
  let cancellations = EventLog<Void>()
  /// What is known of all calls as their handlers begin; their contexts would retain the server, and so this service.
  let calls = EventLog<Call>()

  struct Call: Sendable {
    let method: String, peer: String
    let callProtocol: CallProtocol
    let metadata: Metadata
    let deadline: Deadline?
    let lastRequestWasCompressed: Bool

    init(_ context: ServerContext) {
      method = context.method
      peer = context.peer
      callProtocol = context.protocol
      metadata = context.metadata
      deadline = context.deadline
      lastRequestWasCompressed = context.lastRequestWasCompressed
    }
  }

  static let details = RPCError(
    code: .dataLoss, message: "lost ü", details: [8, 15, 18, 7] + Array("lost ü".utf8) + [26, 3, 10, 1, 0x78])

  var methodHandlers: [MethodHandler] {
    [
      .unary(Words.get) { request, context in try await say(request.text, context) },
      .unary(Words.put) { request, context in try await say(request.text, context) },
      .serverStreaming(Words.expand) { request, context in
        prepare(context)
        return AsyncGenerator { yield in
          for word in request.text.split(separator: " ") { try await yield(try await say(String(word), context)) }
        }
      },
      .clientStreaming(Words.collect) { requests, context in
        prepare(context)
        var words: [String] = []
        for try await request in requests { words.append(request.text) }
        return try await say(words.joined(separator: " "), context)
      },
      .bidirectional(Words.update) { requests, context in
        prepare(context)
        return AsyncGenerator { yield in
          for try await request in requests { try await yield(try await say(request.text, context)) }
        }
      },
    ]
  }

  private func prepare(_ context: ServerContext) {
    context.responseMetadata = ["x-head": "1", "x-head": "2", "x-head-bin": .binary([0, 255])]
    context.responseTrailers = ["x-tail": "3", "x-tail": "4", "x-tail-bin": .binary([1])]
    for value in context.metadata.strings(for: "x-more") { context.responseMetadata.add(value, for: "x-more") }
  }

  private func say(_ text: String, _ context: ServerContext) async throws -> Word {
    if context.method.hasSuffix("et") || context.method.hasSuffix("Put") { prepare(context) }
    calls.record(Call(context))
    if text.hasPrefix("fail") { throw Self.details }
    if text == "hang" {
      do { try await Task.sleep(for: .seconds(3600)) } catch {
        cancellations.record(())
        throw error
      }
    }
    return Word(text)
  }
}

extension CallProtocol {
  static let all: [CallProtocol] = [.grpc, .grpcWeb, .grpcWebText, .connect, .connectGET]
}

/// How a channel reaches the server.
struct Way: Sendable, CustomTestStringConvertible {
  var callProtocol: CallProtocol
  var http = ChannelHTTPVersion.http2

  var testDescription: String { "\(callProtocol), \(http)" }

  static let http2 = CallProtocol.all.map { Way(callProtocol: $0) }
  static let http1 = CallProtocol.all.filter { $0 != .grpc }.map { Way(callProtocol: $0, http: .http1) }
  static let all = http2 + http1

  func channel(
    _ address: BoundAddress, tls: TLSConfiguration? = nil, _ configure: (inout ChannelConfiguration) -> Void = { _ in }
  ) -> RPCChannel {
    var configuration = ChannelConfiguration()
    configure(&configuration)
    return RPCChannel(address.target, protocol: callProtocol, http: http, tls: tls, configuration: configuration)
  }
}

/// Serves in all protocols while `body` runs.
/// - Parameter keepsCarriers: whether the configuration's carriers are used.
func withWordServer<Result>(
  _ service: some RPCService, tls: TLSConfiguration? = nil,
  configuration: ServerConfiguration = ServerConfiguration(), web: WebConfiguration = WebConfiguration(),
  keepsCarriers: Bool = false, _ body: (BoundAddress) async throws -> Result
) async throws -> Result {
  var configuration = configuration, web = web
  configuration.trapsSignals = false
  web.servesBidirectionalOverHTTP1 = true
  if keepsCarriers { configuration.readers = [WebReader(web)] }
  let server =
    keepsCarriers
    ? Server(services: [service], configuration: configuration)
    : Server(services: [service], configuration: configuration, web: web)
  let ready = Signal<BoundAddress>()
  let running = Task {
    do {
      try await server.run(on: .tcp(host: "127.0.0.1", port: 0), tls: tls, onReady: { ready.set($0) })
    } catch {
      ready.set(.failure(error))
      throw error
    }
  }
  do {
    let result = try await body(try await ready.value())
    running.cancel()
    try await running.value
    return result
  } catch {
    running.cancel()
    _ = await running.result
    throw error
  }
}

/// A server, and a channel to it.
func withWords<Result>(
  _ way: Way, server: ServerConfiguration = ServerConfiguration(),
  _ configure: (inout ChannelConfiguration) -> Void = { _ in },
  _ body: (RPCChannel, WordService) async throws -> Result
) async throws -> Result {
  let service = WordService()
  return try await withWordServer(service, configuration: server) { address in
    try await withChannel(way.channel(address, configure)) { try await body($0, service) }
  }
}

/// The error that `body` throws.
func failure<Result>(_ body: () async throws -> Result) async -> RPCError {
  do {
    let result = try await body()
    return RPCError(code: .ok, message: "expected an error, got \(result)")
  } catch {
    return error as? RPCError ?? RPCError(code: .ok, message: "expected an RPCError, got \(error)")
  }
}

extension ResponseStream<Word> {
  func texts() async throws -> [String] {
    var texts: [String] = []
    for try await word in self { texts.append(word.text) }
    return texts
  }
}
