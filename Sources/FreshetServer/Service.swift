// What a server serves: the generated protocols refine this one.
public import FreshetCore

/// A service implementation. Users implement the generated protocol (`Echo_V1_Echo.Service`), which brings
/// `methodHandlers` along.
public protocol Service: Sendable {
  /// One handler for each method of the service.
  var methodHandlers: [MethodHandler] { get }

  /// Where this service's handlers run; nil, which is the default, leaves it to the server's configuration.
  var handlerExecution: HandlerExecution? { get }

  /// What the service's schema says of it, for reflection; nil, which is the default, if it has none.
  var descriptor: ServiceDescriptor? { get }
}

extension Service {
  public var handlerExecution: HandlerExecution? { nil }
  public var descriptor: ServiceDescriptor? { nil }
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
