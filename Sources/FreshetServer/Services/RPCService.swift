// What a server serves: the generated protocols refine this one.
public import FreshetCore

/// A service implementation. Users implement the generated protocol (`Echo_V1_Echo.Service`), which brings
/// `methodHandlers` along.
///
/// A type that implements several services says itself that it has the methods of each:
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

  /// Where this service's handlers run; nil, which is the default, leaves it to the server's configuration.
  var handlerExecution: HandlerExecution? { get }

  /// What schemas say of the services, for reflection; none is the default.
  var descriptors: [ServiceDescriptor] { get }
}

extension RPCService {
  public var handlerExecution: HandlerExecution? { nil }
  public var descriptors: [ServiceDescriptor] { [] }
}

/// Where handlers run.
public enum HandlerExecution: Sendable, Hashable {
  /// On the event loop of the call's connection, which is the cheapest. The handlers of a method that has held its loop
  /// for 10 ms twice within a minute, blocked or computing, run in Swift's global pool from then on; the log says so.
  case automatic
  /// On the event loop of the call's connection, whatever they do there: all its other calls wait for a handler that
  /// blocks or computes.
  case eventLoop
  /// In Swift's global pool of threads.
  case globalPool
}
