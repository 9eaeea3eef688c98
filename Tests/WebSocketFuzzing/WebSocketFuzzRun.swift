// Gives WebSocket sessions conversations, whole and damaged, which must not crash them and must keep their laws.
import FreshetWebSocket
import Fuzzing
import NIOCore

/// A run that can be repeated: equal seeds make equal conversations.
///
/// The laws: any cut of the same bytes gives the same events and the same output; memory is bounded by the limits; what
/// one session writes the other reads back, and no session's output is a fault.
public struct WebSocketFuzzRun {
  public struct Outcome: Sendable {
    public var conversations = 0
    public var damaged = 0
    public var frames = 0
    public var messages = 0
    public var mostMemory = 0
    /// How conversations ended, by the reader's state.
    public var endings: [String: Int] = [:]
    /// Laws that did not hold, the first ten, each with the seed that repeats its conversation.
    public var faults: [String] = []
  }

  private let seed: UInt64

  public init(seed: UInt64) { self.seed = seed }

  /// - Parameter progress: called with the number of frames so far, now and then.
  public func run(frames: Int, progress: (Int) -> Void = { _ in }) -> Outcome {
    var outcome = Outcome(), seeds = Mutator(seed: seed, words: [])
    var reported = 0
    while outcome.frames < frames {
      let conversationSeed = outcome.conversations == 0 ? seed : seeds.next()
      play(conversationSeed, &outcome)
      if outcome.frames / 200_000 > reported {
        reported = outcome.frames / 200_000
        progress(outcome.frames)
      }
    }
    return outcome
  }

  private func play(_ seed: UInt64, _ outcome: inout Outcome) {
    var random = Mutator(seed: seed, words: Self.words)
    let conversation = Conversation(&random)
    let whole = Reading(of: conversation, .whole, &random)
    outcome.conversations += 1
    outcome.damaged += conversation.isDamaged ? 1 : 0
    outcome.frames += conversation.frames
    outcome.messages += whole.messages.count
    outcome.endings[whole.ending, default: 0] += 1
    var readings = [whole, Reading(of: conversation, .random, &random)]
    if conversation.wire.count < 4000 { readings.append(Reading(of: conversation, .octets, &random)) }
    for reading in readings {
      outcome.mostMemory = max(outcome.mostMemory, reading.mostMemory)
      var laws: [String] = []
      let isExempt = conversation.mayExceedWindow && (reading.isCorrupt || whole.isCorrupt)
      if !isExempt, reading.seen != whole.seen {
        laws.append("the events depend on the cut: \(Self.difference(reading, whole))")
      }
      if !isExempt, reading.output != whole.output { laws.append("the output depends on the cut") }
      if reading.mostMemory > conversation.memoryBound {
        laws.append("\(reading.mostMemory) bytes are held, the bound is \(conversation.memoryBound)")
      }
      if let fault = conversation.judgeOutput(reading.output) { laws.append(fault) }
      if !conversation.isDamaged, reading.messages != conversation.sent {
        laws.append("other messages came than were sent")
      }
      for law in laws where outcome.faults.count < 10 { outcome.faults.append("\(law): FRESHET_FUZZ_SEED=\(seed)") }
    }
  }

  private static func difference(_ one: Reading, _ other: Reading) -> String {
    let place = zip(one.seen, other.seen).prefix { $0 == $1 }.count
    let texts = [one, other].map { $0.seen.dropFirst(place).first.map { "\($0)".prefix(200) } ?? "nothing" }
    return "at \(place), \(texts[0]) instead of \(texts[1])"
  }

  /// Heads that break rules, and bytes that are not UTF-8.
  private static let words = ["\u{80}", "\u{0}", "\u{81}", "\u{ff}"]
}
