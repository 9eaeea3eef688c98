// The client of a suite whose server plays cases.
import ArgumentParser
import ExampleSupport
import Freshet
import FreshetWeb

/// Autobahn's convention: `/getCaseCount` sends their number, `/runCase?case=N&agent=A` plays one against a client that
/// echoes, `/updateReports?agent=A` ends the run.
struct RunCases: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Echo to a suite's server, case by case.")

  @Argument(help: "The server's URL, such as ws://127.0.0.1:9001.") var url: String
  @Option(help: "The name in the suite's report.") var agent = "freshet"
  @Flag(help: "Offer permessage-deflate.") var deflate = false
  @Option(help: "The version of HTTP: automatic, http1 or http2.") var http = "automatic"
  @Option(help: "The server's certificate authority, a PEM file.") var ca: String?

  func run() async throws {
    var count = 0
    try await WebSocket.connect("\(url)/getCaseCount", options: options) { socket in
      for try await message in socket.messages {
        if case .text(let text) = message { count = Int(text) ?? 0 }
      }
    }
    for index in 1...max(1, count) {
      do {
        try await WebSocket.connect("\(url)/runCase?case=\(index)&agent=\(agent)", options: options) { socket in
          for try await message in socket.messages { try await socket.send(message) }
        }
      } catch {
        if (error as? WebSocketError)?.kind == .opening { throw error }
        // Most cases end with a fault, which the suite judges.
      }
    }
    try await WebSocket.connect("\(url)/updateReports?agent=\(agent)", options: options) { socket in
      for try await _ in socket.messages {}
    }
    say("websocket-peer: played \(count) cases")
  }

  private var options: WebSocketClientOptions {
    WebSocketClientOptions {
      $0.limits.maxMessageBytes = 32 << 20
      $0.http = http == "http1" ? .http1 : http == "http2" ? .http2 : .automatic
      if deflate { $0.compression = DeflateOptions(windowBits: 15, contextTakeover: true, minimumBytes: 0) }
      if let ca { $0.tls = .client(trustRoots: .certificates([.file(ca)])) }
    }
  }
}
