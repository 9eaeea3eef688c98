// Draws the parts of a plan.
import TestSupport

struct Dice {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func number() -> UInt64 { random.next() }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  /// True once in `count` times.
  mutating func isOneIn(_ count: Int) -> Bool { below(count) == 0 }

  mutating func pick<Choice>(_ choices: [Choice]) -> Choice { choices[below(choices.count)] }

  /// A number below the bound, with smaller ones more likely.
  mutating func skewed(below bound: Int) -> Int { below(1 + below(bound)) }

  mutating func loop() -> Int { below(Loops.count) }

  mutating func place() -> Place {
    pick([.here, .here, .pool, .executor(loop()), .executor(loop()), .actor(loop()), .actor(loop())])
  }

  mutating func plainPlace() -> PlainPlace { pick([.here, .here, .callback(loop()), .endCall(loop())]) }

  mutating func turns() -> Turns {
    let order = pick([Turns.Order.channels(capacity: 0), .channels(capacity: 1), .atomic, .atomic, .actor(loop())])
    let first = place(), second = place()
    return Turns(first: first, second: isOneIn(2) ? second : nil, order: order)
  }

  mutating func reading() -> Reading {
    let pauses = Array(repeating: Reading.Pause.none, count: 6) + [.yields, .yields, .rests]
    return Reading(
      places: isOneIn(4) ? [place(), place()] : [place()], chunk: 1 + skewed(below: 32), pause: pick(pauses),
      pauseEach: 1 + below(8))
  }
}
