// A peer that accepts connections and never sends anything.
import NIOCore
import NIOPosix

/// Listens while `body` runs; accepted connections are neither read nor answered.
func withSilentListener<Result>(_ body: (_ target: String) async throws -> Result) async throws -> Result {
  let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    .childChannelOption(.autoRead, value: false)
    .bind(host: "127.0.0.1", port: 0).get()
  do {
    let result = try await body("ipv4:127.0.0.1:\(listener.localAddress?.port ?? 0)")
    try await listener.close()
    return result
  } catch {
    try await listener.close()
    throw error
  }
}
