// Code that runs around every call of a server.

import FreshetCore

/// Runs around all calls: for authentication, logs, metrics, translating errors.
///
/// Interceptors nest in the order in which they are passed to the server, the first one outermost; inside them are
/// those of a service or method (`RPCService.intercepted(by:)`).
///
/// ```swift
/// struct RequireToken: ServerInterceptor {
///   func intercept(_ context: ServerContext, next: Next) async throws {
///     guard context.metadata["authorization"] == "Bearer …" else {
///       throw RPCError(code: .unauthenticated, message: "…")
///     }
///     try await next(context)
///   }
/// }
/// ```
public protocol ServerInterceptor: Sendable {
  typealias Next = @Sendable (ServerContext) async throws -> Void

  /// Runs the call by calling `next` once, which returns when the handler's last message is queued, and throws the
  /// handler's error. If the call ended before its handler, `next` throws the reason, an `RPCError`: DEADLINE_EXCEEDED
  /// when its deadline has passed, CANCELLED when the client has reset it or is gone, UNAVAILABLE when the server
  /// stops. Throwing without calling it refuses the call; the error becomes the status as if the handler had thrown it.
  func intercept(_ context: ServerContext, next: Next) async throws
}

extension RPCService {
  /// This service with interceptors around its methods, inside the server's own.
  ///
  /// ```swift
  /// let server = Server(services: [AdminService().intercepted(by: RequireToken()), PublicService()])
  /// ```
  ///
  /// - Parameter names: the intercepted methods, as the schema writes them (`Get`); nil for all.
  /// - Precondition: the service has these methods.
  public func intercepted(
    by interceptors: any ServerInterceptor..., methods names: Set<String>? = nil
  ) -> some RPCService {
    InterceptedService(self, interceptors, names)
  }
}

private struct InterceptedService: RPCService {
  let methodHandlers: [MethodHandler]
  let handlerExecution: HandlerExecution?
  let descriptors: [ServiceDescriptor]

  init(_ base: some RPCService, _ interceptors: [any ServerInterceptor], _ names: Set<String>?) {
    var missing = names ?? []
    methodHandlers = base.methodHandlers.map { handler in
      let name = String(handler.path.split(separator: "/").last ?? "")
      missing.remove(name)
      if let names, !names.contains(name) { return handler }
      var handler = handler
      handler.interceptors = interceptors + handler.interceptors
      return handler
    }
    precondition(missing.isEmpty, "the service has no method \(missing.sorted().joined(separator: ", "))")
    handlerExecution = base.handlerExecution
    descriptors = base.descriptors
  }
}
