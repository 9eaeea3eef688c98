// Randomly damaged schemas: the compiler must return for every one.
import Foundation
import SchemaFuzzing
import Testing

/// `FRESHET_FUZZ_SEED` repeats a run, `FRESHET_FUZZ_COUNT` sets its length; `make fuzz` runs a million.
@Suite struct FuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seed = environment["FRESHET_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
  private static let count = environment["FRESHET_FUZZ_COUNT"].flatMap(Int.init) ?? 5_000

  @Test(.timeLimit(.minutes(10)))
  func `Damaged schemas do not crash or hang the compiler`() {
    print("fuzzing the compiler: FRESHET_FUZZ_SEED=\(Self.seed) FRESHET_FUZZ_COUNT=\(Self.count)")
    let schemas = FuzzRun.schemas(in: [Fixtures.folder, Fixtures.editionsFolder, Fixtures.protos])
    let outcome = FuzzRun(schemas, seed: Self.seed).run(count: Self.count)
    // Damage that is always or never detected would test little.
    #expect(outcome.usable > 0 && outcome.refused > 0)
    #expect(outcome.emptyFindings == 0)
  }
}
