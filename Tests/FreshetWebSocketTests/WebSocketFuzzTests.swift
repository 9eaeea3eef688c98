// Random conversations, many of them damaged: none crashes a session, and each keeps its laws.
import Foundation
import Testing
import WebSocketFuzzing

/// `FRESHET_FUZZ_SEED` repeats a run, `FRESHET_FUZZ_COUNT` makes it longer or shorter; `make fuzz-websocket` has two million
/// frames.
@Suite("WebSocketFuzz") struct WebSocketFuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seed = environment["FRESHET_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
  private static let count = environment["FRESHET_FUZZ_COUNT"].flatMap(Int.init) ?? 3_000

  @Test(.timeLimit(.minutes(10))) func `no conversation makes a session crash or break its laws`() {
    print("fuzzing WebSocket sessions: FRESHET_FUZZ_SEED=\(Self.seed) FRESHET_FUZZ_COUNT=\(Self.count)")
    let outcome = WebSocketFuzzRun(seed: Self.seed).run(frames: Self.count)
    #expect(outcome.faults == [])
    #expect(outcome.messages > 0)
    // Damage that is never found, or always, would test little.
    for ending in ["closed", "open", "protocolViolation", "invalidText", "tooBig"] {
      #expect(outcome.endings[ending, default: 0] > 0, "\(ending)")
    }
  }
}
