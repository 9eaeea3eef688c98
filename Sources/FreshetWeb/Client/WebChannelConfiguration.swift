// Channels whose calls speak gRPC-Web or Connect.
public import FreshetClient
public import FreshetHTTP1
public import FreshetServer
public import FreshetTLS
package import FreshetTransport

/// The version of HTTP that a channel speaks.
public enum ChannelHTTPVersion: Sendable, Hashable, CaseIterable {
  /// With TLS what the server chooses by ALPN, preferably HTTP/2, and HTTP/1.1 if it chooses nothing; HTTP/2 in
  /// plaintext.
  case automatic
  /// HTTP/1.1: each connection carries one call at a time. Not for gRPC. A bidirectional call works as far as the server,
  /// and everything between, begins its response before the requests have ended.
  case http1
  /// HTTP/2.
  case http2
}

/// What a channel speaks.
///
/// ```swift
/// let configuration = ChannelConfiguration { $0.web = .init { $0.protocol = .connect } }
/// ```
public struct WebChannelConfiguration: Sendable {
  /// The protocol of the channel's calls. Clients, interceptors, deadlines, metadata and compression do not differ
  /// between them. `connectGET` calls unary methods without side effects (`idempotency_level = NO_SIDE_EFFECTS`) by GET,
  /// so that caches may answer, unless their URL would exceed 8 KiB; all others by POST.
  public var `protocol` = CallProtocol.connect

  /// The version of HTTP.
  public var http = ChannelHTTPVersion.automatic

  /// Limits of HTTP/1.1 connections.
  public var http1 = HTTP1ClientSettings()

  public init() {}

  /// The defaults, modified by the closure.
  public init(_ configure: (inout WebChannelConfiguration) throws -> Void) rethrows {
    self.init()
    try configure(&self)
  }
}

extension WebChannelConfiguration: ChannelProtocols {
  package var wire: (any ClientWire)? {
    switch `protocol` {
    case .grpcWeb: GRPCWebClientWire(isText: false)
    case .grpcWebText: GRPCWebClientWire(isText: true)
    case .connect: ConnectClientWire(usesGET: false)
    case .connectGET: ConnectClientWire(usesGET: true)
    default: nil
    }
  }

  package func carriers(isTLS: Bool) throws(TransportError) -> [Carrier] {
    try http1.validate()
    switch http {
    case .http2: return [.http2Client]
    case .automatic: return isTLS && `protocol` != .grpc ? [.http2Client, .http1Client(http1)] : [.http2Client]
    case .http1:
      if `protocol` == .grpc { throw TransportError(.invalidSetting, "gRPC needs HTTP/2, but http is http1") }
      return [.http1Client(http1)]
    }
  }
}

extension ChannelConfiguration {
  /// What the channel speaks; nil is gRPC over HTTP/2. In-process channels speak HTTP/2 in any case.
  public var web: WebChannelConfiguration? {
    get { protocols as? WebChannelConfiguration }
    set { protocols = newValue }
  }
}

extension RPCChannel {
  /// A channel whose calls speak this protocol.
  ///
  /// ```swift
  /// let channel = RPCChannel("dns:///api.example", protocol: .connect, tls: .client())
  /// let echo = Echo_V1_Echo.Client(channel)
  /// ```
  ///
  /// - Parameters:
  ///   - protocol: takes the place of the configuration's, as `http` does.
  ///   - configuration: as for the other parameters, see `init(_:tls:interceptors:configuration:)`.
  public convenience init(
    _ target: String, protocol: CallProtocol, http: ChannelHTTPVersion = .automatic, tls: TLSConfiguration? = nil,
    interceptors: [any ClientInterceptor] = [],
    configuration: ChannelConfiguration = ChannelConfiguration()
  ) {
    var configuration = configuration
    var web = configuration.web ?? WebChannelConfiguration()
    web.protocol = `protocol`
    web.http = http
    configuration.web = web
    self.init(target, tls: tls, interceptors: interceptors, configuration: configuration)
  }
}
