// `schema-fuzz FOLDER…`: damages the schemas in folders and compiles them, FRESHET_FUZZ_COUNT times.
import Foundation
import SchemaFuzzing

let environment = ProcessInfo.processInfo.environment
let seed = environment["FRESHET_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
let count = environment["FRESHET_FUZZ_COUNT"].flatMap(Int.init) ?? 1_000_000
let schemas = FuzzRun.schemas(in: Array(CommandLine.arguments.dropFirst()))
guard !schemas.isEmpty else {
  print("there is no schema in the folders \(CommandLine.arguments.dropFirst().joined(separator: ", "))")
  exit(64)
}

/// Printed at once, so that the seed is visible even if the program crashes.
func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

say("fuzzing the compiler with \(schemas.count) schemas: FRESHET_FUZZ_SEED=\(seed) FRESHET_FUZZ_COUNT=\(count)")
let outcome = FuzzRun(schemas, seed: seed).run(count: count) { say("\($0) inputs compiled") }
say("fuzz: \(count) inputs compiled, \(outcome.usable) of them taken, \(outcome.refused) refused, no crash")
exit(outcome.emptyFindings == 0 && outcome.usable > 0 && outcome.refused > 0 ? 0 : 1)
