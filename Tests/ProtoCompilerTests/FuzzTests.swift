// Schemas with random damage: the compiler must answer every one, whatever it says.
import Foundation
import ProtoCompiler
import Testing

/// `FRESHET_FUZZ_SEED` repeats a run, `FRESHET_FUZZ_COUNT` makes it longer or shorter.
@Suite struct FuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seed = environment["FRESHET_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
  private static let count = environment["FRESHET_FUZZ_COUNT"].flatMap(Int.init) ?? 20_000

  @Test("No damage to a schema makes the compiler crash or hang", .timeLimit(.minutes(10)))
  func mutatedSchemas() throws {
    print("fuzzing the compiler: FRESHET_FUZZ_SEED=\(Self.seed) FRESHET_FUZZ_COUNT=\(Self.count)")
    var mutator = Mutator(seed: Self.seed)
    let schemas = try Fixtures.all.map { fixture in
      Array(try Data(contentsOf: URL(filePath: fixture.folder + "/" + fixture.name)))
    }
    var (usable, refused) = (0, 0)
    for _ in 0..<Self.count {
      let schema = mutator.mutate(schemas[mutator.index(below: schemas.count)], spares: schemas)
      let tree = SourceTree(searched: []) { name in
        name == "fuzz.proto" ? .found(.init(displayPath: name, bytes: schema)) : .missing
      }
      let result = Compiler(tree).compile(["fuzz.proto"])
      for finding in result.diagnostics { #expect(!finding.description.isEmpty) }
      if result.isUsable { usable += 1 } else { refused += 1 }
    }
    // Damage that always or never shows would test little.
    #expect(usable > 0 && refused > 0)
  }
}
