// The flags of every example's `serve`: where to listen, and the certificate.
package import ArgumentParser
package import Freshet

/// Flags for a server's address.
package struct ListenOptions: ParsableArguments {
  @Option(help: "The address to listen on.")
  package var host = "127.0.0.1"

  @Option(help: "The port to listen on; 0 chooses a free one.")
  package var port = 50051

  @Option(help: "Listen on a Unix socket at this path instead.")
  package var unix: String?

  @Option(help: "Use TLS: the server's certificate chain, a PEM file.")
  package var tlsCert: String?

  @Option(help: "Use TLS: the private key of the certificate, a PEM file.")
  package var tlsKey: String?

  package init() {}

  package func validate() throws {
    guard (tlsCert == nil) == (tlsKey == nil) else {
      throw ValidationError("--tls-cert and --tls-key go together.")
    }
  }

  /// Runs the server until the process is stopped, and prints one line on standard output when it is ready.
  package func run(_ server: Server, name: String) async throws {
    try await server.run(on: address, tls: tls) { bound in
      say("\(name): listening on \(bound)")
    }
  }

  private var address: ListenAddress {
    if let unix { .unix(path: unix) } else { .tcp(host: host, port: port) }
  }

  private var tls: TLSConfiguration? {
    guard let tlsCert, let tlsKey else { return nil }
    return .server(identity: TLSIdentity(certificateChain: .file(tlsCert), privateKey: .file(tlsKey)))
  }
}
