// The flags of every example's client commands: which server to call, and whom to trust.
package import ArgumentParser
package import Freshet

/// The server to call, as flags.
package struct ConnectOptions: ParsableArguments {
  @Option(help: "The server, such as dns:///localhost:50051 or unix:/run/echo.sock.")
  package var target = "dns:///localhost:50051"

  @Option(help: "Use TLS, and trust the certificates in this PEM file.")
  package var ca: String?

  @Option(help: "The name that the server's certificate must have, if it is not the target's.")
  package var serverName: String?

  package init() {}

  package func validate() throws {
    guard serverName == nil || ca != nil else {
      throw ValidationError("--server-name needs TLS, so --ca FILE too.")
    }
  }

  /// Gives the body a channel to the server, and shuts it down afterwards.
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
