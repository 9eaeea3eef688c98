// A service; the generated protocols refine this one.
public import FreshetCore

/// A service implementation. Users implement the generated protocol (`Echo_V1_Echo.Service`), which provides
/// `methodHandlers`.
///
/// A type that implements several services lists their methods itself:
///
/// ```swift
/// struct Both: Echo_V1_Echo.Service, Library_V1_Library.Service {
///   var methodHandlers: [MethodHandler] {
///     Echo_V1_Echo.methodHandlers(of: self) + Library_V1_Library.methodHandlers(of: self)
///   }
///   var descriptors: [ServiceDescriptor] { [Echo_V1_Echo.descriptor, Library_V1_Library.descriptor] }
///   …
/// }
/// ```
public protocol RPCService: Sendable {
  /// One handler for each method of the service.
  var methodHandlers: [MethodHandler] { get }

  /// Where this service's handlers run; nil, the default, means the server's setting.
  var handlerExecution: HandlerExecution? { get }

  /// The schemas of the services, for reflection; none by default.
  var descriptors: [ServiceDescriptor] { get }
}

extension RPCService {
  public var handlerExecution: HandlerExecution? { nil }
  public var descriptors: [ServiceDescriptor] { [] }
}

/// Where handlers run.
public enum HandlerExecution: Sendable, Hashable {
  /// On the event loop of the call's connection, the cheapest. If the handlers of a method block its loop for 10 ms
  /// twice within a minute, waiting or computing, they run in Swift's global pool from then on, and that is logged.
  case automatic
  /// On the event loop of the call's connection, in any case: all its other calls wait for a handler that blocks or
  /// computes.
  case eventLoop
  /// In Swift's global pool of threads.
  case globalPool
}
