// The flags for the server to test, and how to reach it.
import ArgumentParser
import Freshet

struct ServerFlags: ParsableArguments {
  @Option(name: .customLong("server_host"), help: "The server's host.")
  var host = "localhost"

  @Option(name: .customLong("server_port"), help: "The server's port.")
  var port: Int

  @Option(name: .customLong("use_tls"), defaultAsFlag: true, parsing: .next, help: "Whether to use TLS.")
  var useTLS: Bool?

  @Option(
    name: .customLong("use_test_ca"), defaultAsFlag: true, parsing: .next,
    help: "Whether to trust the authority of --ca_file instead of the system's.")
  var useTestCA: Bool?

  @Option(name: .customLong("ca_file"), help: "The test authority's certificate, a PEM file.")
  var authorityFile: String?

  @Option(
    name: .customLong("server_host_override"),
    help: "The name that the certificate must match, also the authority of calls; defaults to the host.")
  var hostOverride: String?

  func validate() throws {
    if useTestCA == true, authorityFile == nil { throw ValidationError("--use_test_ca needs --ca_file.") }
  }

  /// A new channel to the server.
  func makeChannel() -> RPCChannel {
    var configuration = ChannelConfiguration()
    configuration.authority = tls == nil ? nil : hostOverride.map { "\($0):\(port)" }
    return RPCChannel("dns:///\(bracketedHost):\(port)", tls: tls, configuration: configuration)
  }

  /// Calls the body with a channel to the server, and shuts it down afterwards.
  func withChannel(_ body: (RPCChannel) async throws -> Void) async throws {
    let channel = makeChannel()
    do {
      try await body(channel)
    } catch {
      await channel.shutdown(grace: .zero)
      throw error
    }
    await channel.shutdown()
  }

  private var tls: TLSConfiguration? {
    guard useTLS == true else { return nil }
    let trustsSystem = useTestCA == false
    let roots = trustsSystem ? nil : authorityFile.map { TLSTrustRoots.certificates([.file($0)]) }
    return .client(trustRoots: roots ?? .system, serverName: hostOverride)
  }

  private var bracketedHost: String { host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host }
}
