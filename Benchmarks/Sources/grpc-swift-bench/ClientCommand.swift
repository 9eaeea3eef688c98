// `grpc-swift-bench client`: one connection, one kind of call, one line of results.
import ArgumentParser
import BenchReport
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCSwiftMessages

struct ClientCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client", abstract: "Call a server on this machine, and print what it took as a line of JSON.")

  @Argument(help: "The server's port on 127.0.0.1.")
  var port: Int

  @Argument(help: "unary, sstream, cstream or bidi.")
  var mode: Mode

  @Argument(help: "unary: calls at once; sstream, cstream: messages; bidi: round trips.")
  var count: Int

  @Argument(help: "unary: seconds; else: bytes of each message.")
  var extent: Double

  @Option(help: "Use TLS, and trust the certificates in this PEM file, for the name localhost.")
  var cert: String?

  @Option(help: "Give every call a deadline this many seconds after its start.")
  var timeout: Double?

  @Option(help: "Send this many metadata entries with each call.")
  var metadata = 0

  func run() async throws {
    try await withGRPCClient(transport: transport) { client in
      let load = Load(client: Bench_V1_Bench.Client(wrapping: client), metadata: entries, options: options)
      // Also opens the connection.
      _ = try await load.client.unary(load.request)
      printLine(try await load.run(mode, count, extent).json(mode: mode))
    }
  }

  private var transport: HTTP2ClientTransport.Posix {
    get throws {
      try .http2NIOPosix(
        target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: security,
        config: .defaults { if cert != nil { $0.http2.authority = "localhost" } })
    }
  }

  private var security: HTTP2ClientTransport.Posix.TransportSecurity {
    guard let cert else { return .plaintext }
    return .tls { $0.trustRoots = .certificates([.file(path: cert, format: .pem)]) }
  }

  private var options: CallOptions {
    var options = CallOptions.defaults
    options.timeout = timeout.map { .seconds($0) }
    return options
  }

  private var entries: Metadata {
    var entries = Metadata()
    for number in 0..<metadata { entries.addString("value-of-entry-\(number)", forKey: "bench-entry-\(number)") }
    return entries
  }
}
