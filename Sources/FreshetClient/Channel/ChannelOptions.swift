// Settings shared by all calls of a channel.
import FreshetCore
import FreshetText
import FreshetTLS
import FreshetTransport
import Logging

/// Immutable; a class, so that each call holds it by one reference.
final class ChannelOptions: Sendable {
  /// Creates connections; an error when the target, the TLS configuration or a setting is unusable, with which every
  /// call then fails.
  let connector: Result<any Connector, RPCError>
  /// Finds the endpoints.
  let makeResolver: ResolverFactory
  /// Chooses among them.
  let makePolicy: LoadBalancerFactory
  let policySettings: LoadBalancerSettings
  let authority: String
  let scheme: String
  let interceptors: [any ClientInterceptor]
  let observers: [any ClientObserver]
  let compressions: CompressionRegistry
  let maxReceiveMessageBytes: Int
  /// nil for the methods' first format.
  let format: String?
  /// nil for gRPC.
  let wire: (any ClientWire)?
  /// Whether the protocol is gRPC, and the format the methods' first.
  let isPlain: Bool
  let connection: ConnectionConfiguration
  let connectTimeout: Duration
  let logger: Logger

  convenience init(
    target: String, tls: TLSConfiguration?, interceptors: [any ClientInterceptor], configuration: ChannelConfiguration
  ) {
    let parsed = Result { () throws(Target.ParseError) in try Target(target) }
    let connector = Self.connector(parsed, tls, configuration.protocols)
    self.init(
      connector: connector, destination: (try? parsed.get().destination) ?? .addresses([]),
      authority: (try? parsed.get().authority) ?? "", scheme: tls == nil ? "http" : "https",
      interceptors: interceptors, configuration: configuration)
  }

  /// - Parameters:
  /// - resolve: finds the addresses of a name.
  /// - makeResolver: replaces the default for the destination.
  init(
    connector: Result<any Connector, RPCError>, destination: Destination = .addresses([.inProcess]), authority: String,
    scheme: String, interceptors: [any ClientInterceptor], configuration: ChannelConfiguration,
    resolve: @escaping NameLookup.Resolve = SystemResolver.addresses, makeResolver: ResolverFactory? = nil,
    makePolicy: @escaping LoadBalancerFactory = { PickFirst($0) }
  ) {
    let authority = configuration.authority ?? authority
    self.connector = Self.checked(connector, configuration, authority)
    self.makeResolver = makeResolver ?? destination.resolver(resolve)
    self.makePolicy = makePolicy
    self.authority = authority
    self.scheme = scheme
    self.interceptors = interceptors
    observers = configuration.observers
    compressions = configuration.compressions
    maxReceiveMessageBytes = configuration.maxReceiveMessageBytes
    format = configuration.format
    wire = configuration.protocols?.wire
    isPlain = format == nil && wire == nil
    connection = configuration.connection
    connectTimeout = configuration.connectTimeout
    logger = configuration.logger
    let attemptDelay = min(
      max(configuration.connectionAttemptDelay, ChannelConfiguration.minConnectionAttemptDelay),
      ChannelConfiguration.maxConnectionAttemptDelay)
    policySettings = LoadBalancerSettings(
      destination: destination, isPlaintext: scheme == "http", attemptDelay: attemptDelay, logger: configuration.logger)
  }

  private static func checked(
    _ connector: Result<any Connector, RPCError>, _ configuration: ChannelConfiguration, _ authority: String
  ) -> Result<any Connector, RPCError> {
    connector.flatMap { connector in
      guard FieldText.isAuthority(authority) else {
        let message =
          "the channel can never connect: “\(printable(authority))” cannot be the authority of its calls "
          + "(ChannelConfiguration.authority)"
        return .failure(RPCError(code: .failedPrecondition, message: message))
      }
      do throws(TransportError) {
        try configuration.validate()
        return .success(connector)
      } catch {
        return .failure(.unusable(error))
      }
    }
  }

  private static func connector(
    _ parsed: Result<Target, Target.ParseError>, _ tls: TLSConfiguration?, _ protocols: (any ChannelProtocols)?
  ) -> Result<any Connector, RPCError> {
    do {
      let target = try parsed.get()
      let carriers = try protocols?.carriers(isTLS: tls != nil) ?? [.http2Client]
      let context = try tls.map { try TLSContext($0, protocols: carriers.map(\.name)) }
      return .success(SocketConnector(tls: context, serverName: target.serverName, carriers: carriers))
    } catch {
      return .failure(.unusable(error))
    }
  }
}

extension RPCError {
  /// Not UNAVAILABLE, which callers retry: with these settings the channel will never connect.
  fileprivate static func unusable(_ error: any Error) -> RPCError {
    RPCError(code: .failedPrecondition, message: "the channel can never connect: \(error)", cause: error)
  }
}
