// `websocket-peer`: echoes what it receives, for the Autobahn suite and for other peers.
import ArgumentParser

@main
struct WebSocketPeer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "websocket-peer", abstract: "Both sides of WebSockets that echo, for test suites.",
    subcommands: [Serve.self, Send.self, RunCases.self])
}
