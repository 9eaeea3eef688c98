// `ticker`: prices for any number of readers, over WebSockets.
import ArgumentParser

@main
struct TickerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ticker",
    abstract: "Prices for any number of readers, over WebSockets.",
    discussion:
      "A browser's console is a reader as well: new WebSocket('ws://localhost:50051/prices').onmessage = e => console.log(e.data)",
    subcommands: [Serve.self, Watch.self]
  )
}
