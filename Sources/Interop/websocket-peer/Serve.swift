// The server, which echoes.
import ArgumentParser
import ExampleSupport
import Freshet
import FreshetWeb

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Echo each message at /, and compressed ones at /deflate.")

  @OptionGroup var listen: ListenOptions
  @Option(help: "The maximum size of a message, in bytes.") var maxMessageBytes = 32 << 20

  func run() async throws {
    let plain = options()
    let deflate = options(compression: DeflateOptions(windowBits: 15, contextTakeover: true, minimumBytes: 0))
    let web = WebConfiguration {
      $0.webSocket("/", options: plain) { socket, _ in try await echo(socket) }
      $0.webSocket("/deflate", options: deflate) { socket, _ in try await echo(socket) }
      $0.http("GET", "/healthz") { _ in HTTPResponse("ok\n") }
    }
    let server = Server(services: [], web: web)
    try await listen.run(server, name: "websocket-peer")
  }

  private func options(compression: DeflateOptions? = nil) -> WebSocketOptions {
    WebSocketOptions {
      $0.limits.maxMessageBytes = maxMessageBytes
      $0.compression = compression
      $0.subprotocols = ["echo"]
    }
  }

  private func echo(_ socket: WebSocket) async throws {
    for try await message in socket.messages { try await socket.send(message) }
  }
}
