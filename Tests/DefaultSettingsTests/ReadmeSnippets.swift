// The code of README.md, verbatim, between markers: compiled as in a new package, and run where it needs no port.
// ReadmeTests compares the two.
// swift-format-ignore-file
// README
import EchoStubs
import Foundation
import Freshet
// end
import FreshetErrorDetails
import FreshetStreams
import FreshetWeb
import LibraryStubs
// README
import Logging
import ServiceLifecycle
// end
import Testing

// README
struct EchoService: Echo_V1_Echo.Service {
  func get(_ request: Echo_V1_Message, context: ServerContext) async throws -> Echo_V1_Message { request }

  func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    MessageStream { yield in                           // waits at each yield until the client has room
      for word in request.text.split(separator: " ") { try await yield(.with { $0.text = String(word) }) }
    }
  }

  func collect(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) async throws -> Echo_V1_Message {
    var words: [String] = []
    for try await request in requests { words.append(request.text) }   // gives window back as it reads
    return .with { $0.text = words.joined(separator: " ") }
  }

  func update(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    MessageStream(requests.map { request in .with { $0.text = "swift says: \(request.text)" } })
  }
}
// end

/// As a main program; `Tests/ConsumerPackage` runs one.
private func main() async {
  // README
  do {
    try await Server(services: [EchoService()]).run(on: .tcp(host: "127.0.0.1", port: 50051))
  } catch {
    print("error: \(error)")   // such as a port in use; an error thrown out of main would crash the program
    exit(1)
  }
  // end
}

/// `Tests/StoppableServer` runs one.
private func inAGroup() async throws {
  // README
  let server = Server(services: [EchoService()])
  let group = ServiceGroup(
    services: [server.service(on: .tcp(host: "0.0.0.0", port: 50051))], gracefulShutdownSignals: [.sigterm],
    logger: Logger(label: "echo"))
  try await group.run()                                  // the group handles signals; the server traps none
  // end
}

private struct Chat {
  typealias Message = Echo_V1_Message
  let rooms = Rooms()

  // README
  func chat(_ requests: RequestStream<Message>, context: ServerContext) async throws -> MessageStream<Message> {
    guard let hello = try await requests.first() else { throw RPCError(code: .invalidArgument, message: "which room?") }
    let room = await rooms.room(hello.text)                // a Hub<Message>
    let messages = room.subscribeOrDisconnect(bound: 100)  // a member that does not read is disconnected and delays no other
    return MessageStream { yield in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { for try await message in requests { try await room.publish(message) } }
        group.addTask { for try await message in messages { try await yield(message) } }
        group.addTask { await context.waitForDrain() }   // members leave an endless room when the server stops
        try await group.next()
        group.cancelAll()
      }
    }
  }
  // end
}

// README
struct Backend: Echo_V1_Echo.Service, Library_V1_Library.Service {
  var methodHandlers: [MethodHandler] {
    Echo_V1_Echo.methodHandlers(of: self) + Library_V1_Library.methodHandlers(of: self)
  }
  var descriptors: [ServiceDescriptor] { [Echo_V1_Echo.descriptor, Library_V1_Library.descriptor] }
  // … and the methods of both
  // end
  func get(_ request: Echo_V1_Message, context: ServerContext) -> Echo_V1_Message { request }
  func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> { MessageStream([]) }
  func collect(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) -> Echo_V1_Message { .init() }
  func update(
    _ requests: RequestStream<Echo_V1_Message>, context: ServerContext
  ) -> MessageStream<Echo_V1_Message> { MessageStream([]) }
  func getBook(_ request: Library_V1_GetBookRequest, context: ServerContext) -> Library_V1_Book { .init() }
  func listBooks(
    _ request: Library_V1_ListBooksRequest, context: ServerContext
  ) -> MessageStream<Library_V1_Book> { MessageStream([]) }
  // README
}
// end

// README
// Handlers run on their connection's event loop; a method that blocks it is moved to the global pool, and the log says so.
// Or choose for yourself, per service or per server.
extension EchoService { var handlerExecution: HandlerExecution? { .globalPool } }
// end

// README
// Interceptors, on either side.
struct RequireToken: ServerInterceptor {
  func intercept(_ context: ServerContext, next: Next) async throws {
    guard context.metadata["authorization"] != nil else { throw RPCError(code: .unauthenticated, message: "no token") }
    try await next(context)
  }
}
// end

/// What the snippets print.
private actor Printed {
  private(set) var lines: [String] = []
  func append(_ line: String) { lines.append(line) }
}

@Suite(.timeLimit(.minutes(1))) struct ReadmeSnippets {
  private let server = Server(services: [EchoService()])
  private let request = Echo_V1_Message.with { $0.text = "hello" }

  @Test func `the client's calls are answered by the service`() async throws {
    var lines: [String] = []
    func print(_ texts: String...) { lines.append(texts.joined(separator: " ")) }
    func exit(_ code: Int32) { Issue.record("the program ends with \(code)") }
    func RPCChannel(_ target: String) -> Freshet.RPCChannel { server.inProcessChannel() }
    // README
    let channel = RPCChannel("dns:///localhost:50051")        // connects on first use; nothing has to be run
    let echo = Echo_V1_Echo.Client(channel)

    do {
      let reply = try await echo.get(.with { $0.text = "hello" })
      print(reply.text)
      for try await word in echo.expand(.with { $0.text = "one two three" }) { print(word.text) }
      let joined = try await echo.collect { yield in for w in ["a", "b"] { try await yield(.with { $0.text = w }) } }
      let again = try await echo.collect([.with { $0.text = "c" }])   // or any sequence, async or not
      print(joined.text, again.text)

      let call = echo.update()                              // or give it a closure or a sequence
      try await call.send(.with { $0.text = "hello" })
      call.finish()
      for try await update in call.responses { print(update.text) }
    } catch {
      print("error: \(error)")   // one line, with the code and what was attempted
      exit(1)
    }
    await channel.shutdown()
    // end
    #expect(lines == ["hello", "one", "two", "three", "a b c", "swift says: hello"])
  }

  @Test func `a paged method is a stream; a fake answers it`() async throws {
    var lines: [String] = []
    func print(_ text: String) { lines.append(text) }
    let store = Library_V1_Shelves.Client(
      inProcess: Library_V1_Shelves.Fake(listShelves: { request, _ in
        .with {
          $0.shelves = [.with { $0.theme = request.pageToken.isEmpty ? "fiction" : "travel" }]
          $0.nextPageToken = request.pageToken.isEmpty ? "more" : ""
        }
      }))
    let solaris = Library_V1_Book.with { $0.title = "Solaris" }
    // README
    // rpc ListShelves(ListShelvesRequest) returns (ListShelvesResponse), in pages
    for try await shelf in store.listShelvesItems(.with { $0.pageSize = 50 }) { print(shelf.theme) }

    let library = Library_V1_Library.Client(inProcess: Library_V1_Library.Fake(getBook: { request, _ in solaris }))
    let book: Library_V1_Book = try await library.getBook(.with { $0.isbn = "0571219721" })
    // end
    #expect(lines == ["fiction", "travel"])
    #expect(book == solaris)
  }

  @Test func `errors have a code, also in a closure`() async throws {
    let failing = Server(services: [Echo_V1_Echo.Fake()])
    let echo = Echo_V1_Echo.Client(failing.inProcessChannel()), request = request
    let printed = Printed()
    let body = { @Sendable () async -> Void in
      var line = ""
      func print(_ code: Status.Code, _ message: String, _ origin: RPCError.Origin, _ cause: Any) { line = "\(code) \(message)" }
      // README
      // Errors are one type; it says whether the status came from the peer, and has the cause. `message` is the peer's
      // unaltered text; "\(error)" is one line that is safe to log.
      do throws(RPCError) { _ = try await echo.get(request) } catch { print(error.code, error.message, error.origin, error.cause as Any) }
      // end
      await printed.append(line)
    }
    await body()
    #expect(await printed.lines.first?.contains("this fake has no Get") == true)
  }

  @Test func `errors carry details`() async throws {
    let throwing = { () throws(RPCError) -> Void in
      // README
      // Errors with typed details (google.rpc.Status), both ways: `import FreshetErrorDetails`.
      throw RPCError(code: .unavailable, message: "busy", details: [Google_Rpc_RetryInfo.with { $0.retryDelay.seconds = 3 }])
      // end
    }
    var seconds: Int64?
    func print(_ delay: Google_Protobuf_Duration) { seconds = delay.seconds }
    do { try throwing() } catch {
      // README
      if let retry = error.detail(Google_Rpc_RetryInfo.self) { print(retry.retryDelay) }
      // end
    }
    #expect(seconds == 3)
  }

  @Test func `options are merged, and a test clock replaces thirty seconds`() async throws {
    let begun = channel(of: Void.self, capacity: 10)
    let service = Echo_V1_Echo.Fake(get: { request, context in
      if context.metadata["authorization"] != nil, context.deadline != nil { return request }
      if context.metadata["tenant"] != nil { return request }
      try await begun.0.send(())
      try await Task.sleep(for: .seconds(3_600))
      return request
    })
    let server = Server(services: [service])
    let channel = server.inProcessChannel(), echo = Echo_V1_Echo.Client(channel), token = "abc"
    // README
    // Deadlines: per call, or for all calls within `withDeadline`. A handler's own calls inherit its deadline while it runs, also in
    // a `Task { }`; what outlives the handler is no longer bound by it. Cancellation is the task's.
    _ = try await echo.get(request, options: CallOptions(metadata: ["tenant": "north"], timeout: .seconds(10)))

    // A client's options apply to all its calls; a call's own are merged in, field by field.
    let signedIn = Echo_V1_Echo.Client(channel, options: CallOptions(metadata: ["authorization": "Bearer \(token)"]))
    _ = try await signedIn.get(request, options: CallOptions(timeout: .seconds(10)))   // with the token
    // end
    // README
    // Testing time-outs without waiting for them.
    let clock = CallClock(), patient = Echo_V1_Echo.Client(server.inProcessChannel(clock: clock))
    async let late = patient.get(request, options: CallOptions(timeout: .seconds(30)))
    // end
    for await _ in begun.1 { break }
    // README
    await clock.advance(by: .seconds(30))   // once the handler runs: it is cancelled, and `late` throws DEADLINE_EXCEEDED
    // end
    do {
      _ = try await late
      Issue.record("no error")
    } catch {
      #expect((error as? RPCError)?.code == .deadlineExceeded)
    }
  }

  @Test func `compression is an option and a setting`() async throws {
    let echo = Echo_V1_Echo.Client(server.inProcessChannel())
    // README
    // Compression: gzip, deflate or your own (`CompressionRegistry`), per call or server, and off for single messages.
    // `import FreshetCompressions` adds `.zstd` and `.brotli`; Debian needs libzstd-dev and libbrotli-dev for it.
    _ = try await echo.get(request, options: CallOptions(compression: .gzip))
    var configuration = ServerConfiguration()
    configuration.compression = .gzip             // in a handler: context.responseCompression, context.compressesResponses
    configuration.minimumCompressedBytes = 1024   // single requests: withoutCompression { try await yield(photo) }
    // end
    _ = Server(services: [EchoService()], interceptors: [RequireToken()], configuration: configuration)
  }

  // MARK: Compiled alone

  private func addresses() async throws {
    // README
    // TLS 1.2 and 1.3, mutual on request; certificates from files or memory.
    let identity = TLSIdentity(certificateChain: .file("server.pem"), privateKey: .file("server.key"))
    try await server.run(on: .tcp(host: "0.0.0.0", port: 443), tls: .server(identity: identity))
    let secure = RPCChannel("dns:///example.org", tls: .client())
    let ours = RPCChannel("dns:///chat.internal", tls: .client(trustRoots: .file("ca.pem")))
    // end
    // README
    // Unix sockets, lists of addresses, and both sides in one process (over a socket pair).
    try await server.run(on: .unix(path: "/run/echo.sock"))
    let local = RPCChannel("unix:/run/echo.sock"), listed = RPCChannel("ipv4:10.0.0.1:50051,10.0.0.2:50051")
    let inProcess = server.inProcessChannel()
    // end
    _ = [secure, ours, local, listed, inProcess]
  }

  private func web() async throws {
    // README
    let channel = RPCChannel("dns:///api.example", protocol: .connect, http: .http1, tls: .client())   // or .grpcWeb, .connectGET …
    let reply = try await Echo_V1_Echo.Client(channel).get(.with { $0.text = "hello" })
    // end
    _ = reply
  }

  private func webSocket(_ ticks: AsyncStream<Int>) async throws {
    // README
    let web = WebConfiguration {
      $0.webSocket("/rooms/{room}") { socket, request in
        try await socket.send("welcome to \(request.parameters["room"] ?? "")")
        for try await message in socket.messages { try await socket.send(message) }   // .text(String), .binary(ByteBuffer)
      }
      $0.webSocket("/ticks") { incoming, request in ticks.map { .text("\($0)") } }     // or returns what is sent
      $0.webSocket("/mirror") { socket, request in      // one message of any size, in parts as their bytes arrive
        try await socket.send(.binary) { writer in
          for try await part in socket.parts {
            try await writer.write(part.bytes)
            if part.isLast { break }
          }
        }
      }
    }

    try await WebSocket.connect("wss://chat.example/rooms/lobby") { socket in
      try await socket.send("hello")
      for try await message in socket.messages { print(message) }
    }
    // end
    _ = web
  }

  private struct Order: Sendable {}
  private struct Message: Sendable {}
  private struct API {
    struct Rows: Sendable {
      var rows: [Int]
      var next: String?
    }
    func rows(after token: String?) async throws -> Rows { Rows(rows: [], next: nil) }
  }

  private func streams(_ feed: AsyncStream<Int>, _ shutdown: CheckedContinuationOfNothing) {
    let api = API()
    @Sendable func fetch(_ row: Int) async throws -> String { "\(row)" }
    @Sendable func log(_ missed: Int) {}
    // README
    let rows = paginate { token in let page = try await api.rows(after: token); return Page(page.rows, nextToken: page.next) }
    let photos = rows.mapConcurrent(limit: 8) { row in try await fetch(row) }.timeout(each: .seconds(10))
    let (sink, orders) = channel(of: Order.self, capacity: 64)        // send waits for room; its error counts what was lost
    let room = Hub<Message>(), member = room.subscribeOrDisconnect(bound: 100)   // reaches all members; may be empty
    let prices = Broadcast(feed), mine = prices.subscribe(bound: 1, whenFull: .dropOldest { missed in log(missed) })
    let ticks = iterate(0) { $0 + 1 }.paced(every: .seconds(1)).prefix(until: { await shutdown.wait() })
    // end
    _ = (photos, sink, orders, member, mine, ticks)
  }

  private struct CheckedContinuationOfNothing: Sendable { func wait() async {} }
}
