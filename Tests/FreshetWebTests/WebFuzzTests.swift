// Damaged input for all parsers: none crashes, and each keeps its laws.
import Foundation
import Testing
import WebFuzzing

/// `FRESHET_FUZZ_SEED` repeats a run, `FRESHET_FUZZ_COUNT` makes it longer or shorter; `make fuzz-web` runs a million.
@Suite("WebFuzz")
struct WebFuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seed = environment["FRESHET_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
  private static let count = environment["FRESHET_FUZZ_COUNT"].flatMap(Int.init) ?? 20_000

  @Test(.timeLimit(.minutes(10)))
  func `No damage makes a parser crash or break its laws`() {
    print("fuzzing the web's parsers: FRESHET_FUZZ_SEED=\(Self.seed) FRESHET_FUZZ_COUNT=\(Self.count)")
    let outcome = WebFuzzRun(seed: Self.seed).run(count: Self.count)
    #expect(outcome.faults == [])
    // Damage that always or never shows would test little; a few inputs prove neither.
    for subject in WebFuzzRun.subjects where Self.count >= 10_000 {
      #expect(outcome.taken[subject, default: 0] > 0, "\(subject)")
      #expect(outcome.refused[subject, default: 0] > 0, "\(subject)")
    }
  }
}
