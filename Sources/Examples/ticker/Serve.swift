// The server: handlers that return streams.
import ArgumentParser
import ExampleSupport
import Freshet
import FreshetStreams
import FreshetWeb

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Send prices: at /prices to all, without those that a slow reader misses; at /all to readers that keep up.")

  @OptionGroup var listen: ListenOptions
  @Option(help: "The milliseconds between two prices.") var interval = 1000

  func run() async throws {
    let prices = Prices(every: .milliseconds(interval))
    let web = WebConfiguration {
      // A slow reader misses prices, and hears of it with the next one.
      $0.webSocket("/prices") { _, _ in
        let lag = Lag()
        return prices.ticks.subscribe(bound: 16, whenFull: .dropOldest { lag.add($0) })
          .map { tick in WebSocketMessage.text(lag.note(before: tick.text)) }
      }
      // A slow reader is disconnected.
      $0.webSocket("/all") { socket, _ in
        do {
          for try await tick in prices.ticks.subscribeOrDisconnect(bound: 1000) { try await socket.send(tick.text) }
        } catch let error as SubscriberTooSlow {
          throw WebSocketError(.closed, code: .policyViolation, "\(error)")
        }
      }
    }
    try await listen.run(Server(services: [], web: web), name: "ticker")
  }
}
