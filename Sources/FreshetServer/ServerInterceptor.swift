// Code that runs around every call of a server.

/// Something to be done for all calls: authentication, logs, metrics, translating errors.
///
/// Interceptors nest in the order in which the server was given them, the first one outermost.
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

  /// Runs the call by calling `next` once, which returns when the handler's last message is queued, and throws what the
  /// handler threw. Throwing without calling it refuses the call; what is thrown becomes the status as if the handler
  /// had thrown it.
  func intercept(_ context: ServerContext, next: Next) async throws
}
