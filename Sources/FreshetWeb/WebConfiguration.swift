// One port for gRPC, gRPC-Web and Connect, over HTTP/2 and HTTP/1.1.
public import FreshetHTTP1
public import FreshetServer
import FreshetHTTP2
import FreshetTransport

/// How a server serves the web's protocols besides gRPC: gRPC-Web and Connect, with protobuf and JSON, over HTTP/2 and HTTP/1.1.
public struct WebConfiguration: Sendable {
  /// Limits of HTTP/1.1 connections.
  public var http1 = HTTP1Settings()

  /// Whether a Connect request is refused that does not say which version of Connect it speaks.
  public var requiresConnectVersion = false

  /// Whether methods with streams in both directions are served over HTTP/1.1, too; otherwise they get 505. There a client
  /// sends all its requests before it reads a response, so that a method which answers as it reads may wait forever.
  public var servesBidirectionalOverHTTP1 = false

  /// Whether methods may be called over a WebSocket at their path, in the subprotocol `grpc.freshet.v1` (`freshet.js`) or
  /// `grpc-websockets`: streams in both directions for browsers. Pages of the same host may, and those that `cors` allows.
  public var servesCallsOverWebSocket = true

  /// Plain routes of HTTP.
  private(set) var routes: [PlainRoute] = []
  private(set) var webSockets: [WebSocketRoute] = []

  /// Which pages of other origins may call; by default none.
  public var cors = CORSPolicy()

  public init() {}

  /// The defaults, modified by the closure.
  public init(_ configure: (inout WebConfiguration) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }
}

extension WebConfiguration {
  /// Adds a plain route.
  ///
  /// ```swift
  /// let web = WebConfiguration {
  ///   $0.http("GET", "/healthz") { _ in HTTPResponse("ok\n") }
  ///   $0.http("PUT", "/rooms/{room}/picture") { request in
  ///     let picture = try await request.collectBody(maxBytes: 1_000_000)
  ///     return HTTPResponse("\(request.parameters["room"] ?? "") has \(picture.readableBytes) bytes")
  ///   }
  /// }
  /// ```
  ///
  /// A pattern's `{name}` is one segment of the path, `{name...}` at its end all that follow; literal segments come first
  /// where several patterns match. A path of a method is the method's, whatever the routes are. The server's
  /// interceptors run around a route as around a call, its limits and `drainTimeout` hold, and `ServerContext.method` is
  /// the verb and the pattern. GET also serves HEAD. `grpc-timeout` sets a deadline.
  ///
  /// - Precondition: the verb is a token in capitals, the pattern is well-formed, and the two are not there yet.
  public mutating func http(
    _ verb: String, _ pattern: String, _ handler: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse
  ) {
    guard let parsed = PathPattern(pattern) else { preconditionFailure("“\(pattern)” is no pattern of paths") }
    precondition(verb == verb.uppercased() && !verb.isEmpty && verb != "HEAD", "“\(verb)” is no verb of a route")
    precondition(
      !routes.contains { $0.verb == verb && $0.pattern.isSame(as: parsed) }, "\(verb) \(pattern) is there already")
    routes.append(PlainRoute(verb: verb, pattern: parsed, handler: handler))
  }

  /// Adds a route to the files of a folder: `$0.files("/", in: "Public")`. A folder's path has its `index.html`.
  ///
  /// Clients may ask for ranges, and need not fetch a file again that has not changed (`etag`). Files whose names begin with
  /// a dot are not there, and neither is what symbolic links reach outside the folder.
  ///
  /// - Parameters:
  ///   - path: the path of the folder, such as `/` or `/static`.
  ///   - cacheControl: how long clients may use a file without asking; by default they always ask.
  /// - Precondition: the folder is there.
  public mutating func files(_ path: String, in folder: String, cacheControl: String = "no-cache") {
    guard let files = StaticFiles(folder, cacheControl: cacheControl) else {
      preconditionFailure("there is no folder “\(folder)”")
    }
    let base = path.hasSuffix("/") ? String(path.dropLast()) : path
    http("GET", "\(base)/{path...}") { try await files.answer($0, $0.parameters["path"] ?? "") }
  }
}

extension WebConfiguration {
  /// Adds a route of WebSockets, which clients open over HTTP/1.1 (RFC 6455) and over HTTP/2 (RFC 8441).
  ///
  /// ```swift
  /// let web = WebConfiguration {
  ///   $0.webSocket("/rooms/{room}") { socket, request in
  ///     try await socket.send("welcome to \(request.parameters["room"] ?? "")")
  ///     for try await message in socket.messages { try await socket.send(message) }
  ///   }
  /// }
  /// ```
  ///
  /// A WebSocket is a call: interceptors run around its handler, and observers see it. When the handler returns, it is
  /// closed with 1000, and when it throws, with 1011 or the code of a `WebSocketError`. A server that drains closes with
  /// 1001, and the handler's messages end when the client has answered.
  ///
  /// - Parameters:
  ///   - pattern: as of `http`.
  ///   - options: origins, subprotocols, limits.
  /// - Precondition: the pattern is well-formed and not there yet, and the options are in their ranges.
  public mutating func webSocket(
    _ pattern: String, options: WebSocketOptions = WebSocketOptions(),
    _ handler: @escaping @Sendable (WebSocket, WebSocketRequest) async throws -> Void
  ) {
    guard let parsed = PathPattern(pattern) else { preconditionFailure("“\(pattern)” is no pattern of paths") }
    precondition(!webSockets.contains { $0.pattern.isSame(as: parsed) }, "the WebSocket \(pattern) is there already")
    do throws(WebSocketError) {
      try options.limits.validate()
      try options.compression?.validate()
      try options.times.validate()
    } catch {
      preconditionFailure("\(error)")
    }
    webSockets.append(WebSocketRoute(pattern: parsed, options: options, handler: handler))
  }

  /// Adds a route of WebSockets whose handler returns what is sent: any async sequence, read while the client has room.
  /// What the client sends meanwhile is the handler's to read.
  ///
  /// ```swift
  /// $0.webSocket("/ticks") { incoming, request in ticks.map { .text("\($0)") } }
  /// ```
  ///
  /// - Parameters and precondition: as of the other form.
  public mutating func webSocket<Messages: AsyncSequence & Sendable>(
    _ pattern: String, options: WebSocketOptions = WebSocketOptions(),
    _ handler: @escaping @Sendable (WebSocketMessages, WebSocketRequest) async throws -> Messages
  ) where Messages.Element == WebSocketMessage {
    webSocket(pattern, options: options) { socket, request in
      for try await message in try await handler(socket.messages, request) { try await socket.send(message) }
    }
  }
}

extension Server {
  /// A server that speaks gRPC, gRPC-Web and Connect on the same port, each over HTTP/2, and the latter two over HTTP/1.1.
  /// Handlers, interceptors, deadlines and limits do not differ between them.
  ///
  /// ```swift
  /// let server = Server(services: [EchoService()], web: .init { $0.cors.origins = ["https://app.example"] })
  /// ```
  ///
  /// With TLS the client chooses the version of HTTP by ALPN, and speaks HTTP/1.1 without; in plaintext its first bytes tell.
  ///
  /// - Parameters: as of `init(services:interceptors:observers:configuration:)`.
  public convenience init(
    services: [any RPCService], interceptors: [any ServerInterceptor] = [], observers: [any ServerObserver] = [],
    configuration: ServerConfiguration = ServerConfiguration(), web: WebConfiguration
  ) {
    var configuration = configuration
    configuration.readers.append(WebReader(web))
    var http1 = web.http1
    if !web.webSockets.isEmpty || web.servesCallsOverWebSocket {
      http1.upgrades.append("websocket")
      configuration.connection.http2.enablesConnectProtocol = true
    }
    configuration.carriers = { [http1] isTLS in [.http2, .http1(isTLS: isTLS, settings: http1)] }
    self.init(services: services, interceptors: interceptors, observers: observers, configuration: configuration)
  }
}
