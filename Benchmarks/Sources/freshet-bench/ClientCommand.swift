// `freshet-bench client`: one connection, one kind of call, one line of results.
import ArgumentParser
import BenchMessages
import BenchReport
import Freshet

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

  @Flag(help: "Call from the channel's event loop instead of the global pool.")
  var onLoop = false

  func run() async throws {
    let channel = RPCChannel("ipv4:127.0.0.1:\(port)", tls: tls)
    let client = Bench_V1_Bench.Client(channel, options: options)
    let load = Load(client: client)
    // Also opens the connection.
    _ = try await load.client.unary(load.request)
    let report = try await withTaskExecutorPreference(onLoop ? channel.executor : nil) {
      try await load.run(mode, count, extent)
    }
    printLine(report.json(mode: mode))
    await channel.shutdown()
  }

  private var tls: TLSConfiguration? {
    cert.map { .client(trustRoots: .certificates([.file($0)]), serverName: "localhost") }
  }

  private var options: CallOptions {
    var options = CallOptions(timeout: timeout.map { .seconds($0) })
    for number in 0..<metadata { options.metadata.add("value-of-entry-\(number)", for: "bench-entry-\(number)") }
    return options
  }
}
