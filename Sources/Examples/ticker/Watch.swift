// The client: a stream that reconnects.
import ArgumentParser
import ExampleSupport
import Freshet
import FreshetStreams
import FreshetWeb

struct Watch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print prices, and connect again when the connection is lost.")

  @Option(help: "The server's port.") var port = 50051
  @Option(help: "The server's host.") var host = "127.0.0.1"
  @Option(help: "Stop after that many prices.") var count: Int?

  func run() async throws {
    let url = "ws://\(host):\(port)/prices"
    let prices = retrying(.exponential(first: .milliseconds(100), attempts: 5)) { (_: WebSocketMessage?) async throws in
      try await WebSocket.open(url).messages
    }
    for try await case .text(let price) in prices.prefix(count ?? .max) { say(price) }
  }
}
