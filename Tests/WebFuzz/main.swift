// `web-fuzz`: feeds the parsers of the web's protocols with damaged input, FRESHET_FUZZ_COUNT times.
import Foundation
import WebFuzzing

let environment = ProcessInfo.processInfo.environment
let seed = environment["FRESHET_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
let count = environment["FRESHET_FUZZ_COUNT"].flatMap(Int.init) ?? 1_000_000

/// At once, so that the seed is seen also if the program crashes.
func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

say("fuzzing \(WebFuzzRun.subjects.joined(separator: ", ")): FRESHET_FUZZ_SEED=\(seed) FRESHET_FUZZ_COUNT=\(count)")
let outcome = WebFuzzRun(seed: seed).run(count: count) { say("\($0) inputs read") }
for fault in outcome.faults { say("FAILED \(fault)") }
let (taken, refused) = (outcome.taken.values.reduce(0, +), outcome.refused.values.reduce(0, +))
say(
  "web-fuzz: \(count) inputs read, \(taken) of them taken, \(refused) refused, \(outcome.faults.count) faults, no crash"
)
exit(outcome.faults.isEmpty ? 0 : 1)
