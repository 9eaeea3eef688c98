// One port for gRPC, gRPC-Web and Connect, over HTTP/2 and HTTP/1.1.
public import FreshetHTTP1
public import FreshetServer
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

  /// Which pages of other origins may call; by default none.
  public var cors = CORSPolicy()

  public init() {}

  /// The defaults, modified by the closure.
  public init(_ configure: (inout WebConfiguration) throws -> Void) rethrows {
    self.init()
    try configure(&self)
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
    configuration.carriers = { isTLS in [.http2, .http1(isTLS: isTLS, settings: web.http1)] }
    self.init(services: services, interceptors: interceptors, observers: observers, configuration: configuration)
  }
}
