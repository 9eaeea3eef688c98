// One source of prices, shared by all readers.
import Freshet
import FreshetStreams

/// A price that wanders, made only while there are readers.
struct Prices: Sendable {
  struct Tick: Sendable {
    var number: Int
    var cents: Int

    /// `17 100.42`
    var text: String { "\(number) \(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)" }
  }

  let ticks: Broadcast<Tick, any Error>

  init(every interval: Duration) {
    let made = iterate(Tick(number: 1, cents: 10_000)) { tick throws(any Error) in
      Tick(number: tick.number + 1, cents: max(1, tick.cents + Int.random(in: -50...50)))
    }
    ticks = Broadcast(made.paced(every: interval))
  }
}
