// The code of doc comments, verbatim, between markers, compiled as in a new package. DocCommentTests compares the two.
// swift-format-ignore-file
import EchoStubs
import Foundation
import Freshet
import FreshetErrorDetails
import FreshetStreams
import FreshetWeb
import LibraryStubs
import Logging
import ServiceLifecycle

private typealias Message = Echo_V1_Message

private func client(_ channel: RPCChannel, _ server: Server, token: String, request: Message, requests: [Message]) async throws {
  do {
    // doc
    let echo = Echo_V1_Echo.Client(channel, options: CallOptions(metadata: ["authorization": token]))
    _ = try await echo.get(request, options: CallOptions(timeout: .seconds(2)))   // with the token
    // end
  }
  do {
    // doc
    let server = Server(services: [EchoService()])
    let channel = server.inProcessChannel()
    let reply = try await Echo_V1_Echo.Client(channel).get(.with { $0.text = "hello" })
    await channel.shutdown()
    await server.drain()
    // end
    _ = reply
  }
  do {
    // doc
    let server = Server(services: [EchoService()], configuration: .init { $0.compression = .gzip })
    // end
    _ = server
  }
  do {
    // doc
    let server = Server(services: [EchoService()], web: .init { $0.cors.origins = ["https://app.example"] })
    // end
    _ = server
  }
  do {
    // doc
    let web = WebConfiguration {
      $0.http("GET", "/healthz") { _ in HTTPResponse("ok\n") }
      $0.http("PUT", "/rooms/{room}/picture") { request in
        let picture = try await request.collectBody(maxBytes: 1_000_000)
        return HTTPResponse("\(request.parameters["room"] ?? "") has \(picture.readableBytes) bytes")
      }
    }
    // end
    _ = web
  }
  do {
    // doc
    let web = WebConfiguration {
      $0.webSocket("/rooms/{room}") { socket, request in
        try await socket.send("welcome to \(request.parameters["room"] ?? "")")
        for try await message in socket.messages { try await socket.send(message) }
      }
    }
    // end
    _ = web
  }
  do {
    let ticks = AsyncStream<Int> { $0.finish() }
    let web = WebConfiguration {
      // doc
      $0.webSocket("/ticks") { incoming, request in ticks.map { .text("\($0)") } }
      // end
    }
    _ = web
  }
  _ = { (socket: WebSocket, rows: AsyncStream<Int>) async throws in
    // doc
    var size = 0
    for try await part in socket.parts {
      size += part.bytes.readableBytes
      if part.isLast { break }
    }
    // end
    _ = size
    // doc
    try await socket.send(.text) { writer in
      for try await row in rows { try await writer.write("\(row)\n") }
    }
    // end
  }
  do {
    // doc
    try await WebSocket.connect("wss://chat.example/rooms/lobby") { socket in
      try await socket.send("hello")
      for try await case .text(let line) in socket.messages { print(line) }
    }
    // end
  }
  do {
    // doc
    let configuration = ChannelConfiguration { $0.web = .init { $0.protocol = .connect } }
    // end
    _ = configuration
  }
  do {
    // doc
    let channel = RPCChannel("dns:///api.example", protocol: .connect, tls: .client())
    let echo = Echo_V1_Echo.Client(channel)
    // end
    _ = echo
  }
  do {
    // doc
    let policy = CORSPolicy {
      $0.origins = ["https://app.example", "http://localhost:5173"]
      $0.allowedHeaders = ["authorization"]
    }
    // end
    _ = policy
  }
  do {
    // doc
    let channel = RPCChannel("dns:///localhost:50051", configuration: .init { $0.connectTimeout = .seconds(30) })
    // end
    _ = channel
  }
  do {
    // doc
    let connection = ConnectionConfiguration { $0.keepalive = KeepaliveConfiguration(interval: .seconds(60)) }
    // end
    _ = connection
  }
  do {
    // doc
    let server = Server(services: [EchoService()])
    let group = ServiceGroup(
      services: [server.service(on: .tcp(host: "0.0.0.0", port: 50051))], gracefulShutdownSignals: [.sigterm],
      logger: Logger(label: "echo"))
    try await group.run()
    // end
  }
  let echo = Echo_V1_Echo.Client(channel)
  do {
    // doc
    let call = echo.update()
    try await call.send(.with { $0.text = "hello" })
    call.finish()
    for try await update in call.responses { print(update.text) }
    // end
  }
  do {
    // doc
    try await withTaskExecutorPreference(channel.executor) {
      for request in requests { _ = try await echo.get(request) }
    }
    // end
  }
  do {
    let description = request, photo = request
    // doc
    let reply = try await echo.collect(options: CallOptions(compression: .gzip)) { yield in
      try await yield(description)
      try await withoutCompression { try await yield(photo) }
    }
    // end
    _ = reply
  }
  do {
    let library = Library_V1_Library.Client(channel), request = Library_V1_GetBookRequest()
    // doc
    let sequel = try await withDeadline(.after(.seconds(5))) {
      let book = try await library.getBook(request)        // both within the five seconds
      return try await library.getBook(.with { $0.isbn = book.isbn })
    }
    // end
    _ = sequel as Library_V1_Book
  }
  do {
    let tenant = "south"
    // doc
    var metadata: Metadata = ["tenant": "north", "authorization": "Bearer \(token)"]
    metadata["tenant"] = tenant
    metadata.add(binary: [1, 2, 3], for: "trace-bin")
    // end
  }
  do {
    func handlerHasBegun() async {}
    // doc
    let clock = CallClock()
    let echo = Echo_V1_Echo.Client(server.inProcessChannel(clock: clock))
    async let reply = echo.get(request, options: CallOptions(timeout: .seconds(30)))
    await handlerHasBegun()
    await clock.advance(by: .seconds(30))   // the handler is cancelled, and the reply is DEADLINE_EXCEEDED
    // end
    _ = try await reply as Message
  }
  do {
    func wait(for delay: Google_Protobuf_Duration) async {}
    // doc
    do throws(RPCError) {
      _ = try await echo.get(request)
    } catch {
      if let retry = error.detail(Google_Rpc_RetryInfo.self) { await wait(for: retry.retryDelay) }
    }
    // end
  }
}

private func refuse() throws {
  // doc
  throw RPCError(code: .invalidArgument, message: "the order cannot be placed", details: [
    Google_Rpc_BadRequest.with { $0.fieldViolations = [.with { $0.field = "quantity" }] }
  ])
  // end
}

private func tls() {
  // doc
  let server = TLSConfiguration.server(
    identity: TLSIdentity(certificateChain: .file("server.pem"), privateKey: .file("server.key")))
  let client = TLSConfiguration.client(trustRoots: .file("ca.pem"))
  // end
  _ = (server, client)
}

private func server() async throws {
  // doc
  try await Server(services: [EchoService()]).run(on: .tcp(host: "127.0.0.1", port: 50051))
  // end
  typealias AdminService = EchoService
  typealias PublicService = ChatService
  // doc
  let server = Server(services: [AdminService().intercepted(by: RequireToken()), PublicService()])
  // end
  _ = server
}

private struct Handlers {
  let hub: Hub<Line>
  let rooms: Rooms
  struct Room {}
  struct Line {}

  // doc
  func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    MessageStream { yield in
      for word in request.text.split(separator: " ") { try await yield(.with { $0.text = String(word) }) }
    }
  }

  func watch(_ request: Room, context: ServerContext) -> MessageStream<Line> {
    MessageStream(hub.subscribeOrDisconnect(bound: 100))
  }
  // end

  func chat(_ requests: RequestStream<Message>) async throws {
    // doc
    guard let hello = try await requests.first() else { throw RPCError(code: .invalidArgument, message: "which room?") }
    let room = await rooms.room(hello.text)
    // end
    try await withThrowingTaskGroup(of: Void.self) { group in
      // doc
      group.addTask { for try await message in requests { try await room.publish(message) } }
      // end
      try await group.waitForAll()
    }
  }
}

private enum Observers {
  // doc
  struct CallLog: ClientObserver {
    final class Call: ClientCallObserver {
      let method: String
      init(_ method: String) { self.method = method }
      func callEnded(_ outcome: ClientCallOutcome) { print(method, outcome.status.code, outcome.duration) }
    }
    func callBegan(_ call: ClientCallRequest) -> (any ClientCallObserver)? { Call(call.method) }
  }
  // end
  // doc
  struct AccessLog: ServerObserver {
    let logger: Logger

    final class Call: ServerCallObserver {
      let call: ObservedCall, logger: Logger
      init(_ call: ObservedCall, _ logger: Logger) { (self.call, self.logger) = (call, logger) }

      func callEnded(_ outcome: ServerCallOutcome) {
        logger.info("\(call.method) \(outcome.status.code) \(outcome.duration)", metadata: ["peer": "\(call.peer)"])
      }
    }

    func callBegan(_ call: ObservedCall) -> (any ServerCallObserver)? { Call(call, logger) }
  }
  // end

  static func serve(logger: Logger) {
    // doc
    let server = Server(services: [EchoService()], observers: [AccessLog(logger: logger)])
    // end
    _ = server
  }
}

private enum Inner {
  // doc
  struct RequireToken: ServerInterceptor {
    func intercept(_ context: ServerContext, next: Next) async throws {
      guard context.metadata["authorization"] == "Bearer …" else {
        throw RPCError(code: .unauthenticated, message: "…")
      }
      try await next(context)
    }
  }
  // end

  // doc
  struct Both: Echo_V1_Echo.Service, Library_V1_Library.Service {
    var methodHandlers: [MethodHandler] {
      Echo_V1_Echo.methodHandlers(of: self) + Library_V1_Library.methodHandlers(of: self)
    }
    var descriptors: [ServiceDescriptor] { [Echo_V1_Echo.descriptor, Library_V1_Library.descriptor] }
    // end
    func get(_ request: Message, context: ServerContext) -> Message { request }
    func expand(_ request: Message, context: ServerContext) -> MessageStream<Message> { MessageStream([]) }
    func collect(_ requests: RequestStream<Message>, context: ServerContext) -> Message { .init() }
    func update(_ requests: RequestStream<Message>, context: ServerContext) -> MessageStream<Message> { MessageStream([]) }
    func getBook(_ request: Library_V1_GetBookRequest, context: ServerContext) -> Library_V1_Book { .init() }
    func listBooks(
      _ request: Library_V1_ListBooksRequest, context: ServerContext
    ) -> MessageStream<Library_V1_Book> { MessageStream([]) }
    // doc
  }
  // end
}

// MARK: Streams

private enum Token { case comma, word }
private struct Lines: Sendable { var lines: AsyncGenerator<String, any Error> { AsyncGenerator { yield in try await yield("a") } } }
private struct File { func write(_ lines: [String]) async throws {} }
private struct Folder: Sendable { var entries: AsyncGenerator<String, any Error> { AsyncGenerator { yield in try await yield("a") } } }
private struct Shutdown: Sendable { func wait() async {} }
private struct Feed: Sendable {
  struct Answer: Sendable { let names: [String], continuation: String? }
  func list(after token: String?) async throws -> Answer { Answer(names: [], continuation: nil) }
}
private struct Update: Sendable { var id = 0 }
private struct Watch { var after = 0; static func with(_ body: (inout Watch) -> Void) -> Watch { Watch() } }
private struct Watcher: Sendable {
  func watch(_ request: Watch, options: CallOptions) -> AsyncGenerator<Update, any Error> {
    AsyncGenerator { yield in try await yield(Update()) }
  }
}

private func adaptors(_ lexer: AsyncGenerator<Token, any Error>, remote: Lines, cache: Lines, numbers: AsyncStream<Int>) async throws {
  // doc
  var tokens = lexer.peekable().makeAsyncIterator()
  if try await tokens.peek() == .comma { _ = try await tokens.next() }
  // end
  // doc
  let lines = remote.lines.recover { _ in cache.lines }
  // end
  // doc
  let sums = numbers.scan(into: 0) { sum, number in
    sum += number
    return sum < 100 ? sum : nil
  }
  // end
  _ = (lines, sums)
}

private func concurrent(folders: AsyncStream<Folder>, urls: AsyncStream<URL>, log: Lines, file: File) async throws {
  @Sendable func fetch(_ url: URL) async throws -> String { "" }
  // doc
  let entries = folders.flatMapConcurrent(limit: 8) { folder in folder.entries }
  // end
  // doc
  let pages = urls.mapConcurrent(limit: 4) { url in try await fetch(url) }
  // end
  do {
    let log = log.lines
    // doc
    for try await lines in log.readyChunks(max: 100) { try await file.write(lines) }
    // end
  }
  _ = (entries, pages)
}

private func makers(_ api: Feed) async throws {
  do {
    // doc
    let (sink, lines) = channel(of: String.self, capacity: 16)
    async let reading: Void = { for await line in lines { print(line) } }()
    try await sink.send("one line")
    sink.finish()
    // end
    await reading
  }
  do {
    // doc
    let countdown = AsyncGenerator { yield in
      for number in (1...3).reversed() { try await yield(number) }
    }
    for try await number in countdown { print(number) }
    // end
  }
  do {
    // doc
    let powers = iterate(1) { $0 * 2 }
    // end
    _ = powers
  }
  do {
    // doc
    let powers = unfold(1) { (value: inout Int) -> Int? in
      defer { value *= 2 }
      return value < 1000 ? value : nil
    }
    // end
    _ = powers
  }
  // doc
  let names = paginate { token in
    let answer = try await api.list(after: token)
    return Page(answer.names, nextToken: answer.continuation)
  }
  for try await name in names { print(name) }
  // end
  // doc
  let rolls = repeatWith { Int.random(in: 1...6) }
  // end
  _ = rolls
}

private func sharing(_ feed: AsyncStream<Int>, message: Message) async throws {
  @Sendable func show(_ message: Message) {}
  @Sendable func show(_ degrees: Double) {}
  // doc
  let prices = Broadcast(feed)
  let display = prices.subscribe(bound: 1, whenFull: .dropOldest { missed in print("missed \(missed)") })
  let archive = prices.subscribe(bound: 100)
  // end
  _ = (display, archive)
  // doc
  let room = Hub<Message>()
  for try await message in room.subscribeOrDisconnect(bound: 100) { show(message) }   // in each member's task
  try await room.publish(message)                                                    // in any task
  // end
  do {
    // doc
    let temperature = Latest(20.0)
    async let display: Void = { for await degrees in temperature.values { show(degrees) } }()
    temperature.set(21.5)
    // end
    await display
  }
  // doc
  let slow = prices.subscribe(bound: 1, whenFull: .dropOldest)
  let told = prices.subscribe(bound: 1, whenFull: .dropOldest { missed in print("missed \(missed)") })
  // end
  _ = (slow, told)
}

private func time(_ log: Lines, _ shutdown: Shutdown, _ feed: AsyncGenerator<Int, any Error>, _ client: Watcher) {
  @Sendable func signedIn() async throws -> CallOptions { CallOptions() }
  // doc
  let ticks = repeatWith { Date.now }.paced(every: .seconds(1))
  // end
  // doc
  let lines = log.lines.prefix(until: { await shutdown.wait() })
  // end
  // doc
  let prices = feed.retrying(.exponential(first: .milliseconds(100), attempts: 5))
  // end
  // doc
  let updates = retrying(.exponential(first: .milliseconds(100))) { last in
    client.watch(.with { $0.after = last?.id ?? 0 }, options: try await signedIn())
  }
  // end
  _ = (ticks, lines, prices, updates)
}
