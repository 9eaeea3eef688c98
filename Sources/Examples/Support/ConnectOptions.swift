// The flags of every example's client commands: the server, and the trusted certificates.
package import ArgumentParser
package import Freshet

/// Flags for the server to call.
package struct ConnectOptions: ParsableArguments {
  @Option(help: "The server, such as dns:///localhost:50051 or unix:/run/echo.sock.")
  package var target = "dns:///localhost:50051"

  @Option(help: "Use TLS, with the certificates in this PEM file as trust roots.")
  package var ca: String?

  @Option(help: "The name that the server's certificate must match; defaults to the target's.")
  package var serverName: String?

  package init() {}

  package func validate() throws {
    guard serverName == nil || ca != nil else {
      throw ValidationError("--server-name needs TLS: pass --ca FILE as well.")
    }
  }

  /// Calls the body with a channel to the server, and shuts it down afterwards.
  package func withChannel(_ body: (RPCChannel) async throws -> Void) async throws {
    let channel = RPCChannel(target, tls: tls)
    do {
      try await body(channel)
    } catch {
      await channel.shutdown()
      throw error
    }
    await channel.shutdown()
  }

  private var tls: TLSConfiguration? {
    ca.map { .client(trustRoots: .file($0), serverName: serverName) }
  }
}
