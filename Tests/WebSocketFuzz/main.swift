// `websocket-fuzz`: has WebSocket sessions read and write FRESHET_FUZZ_COUNT frames, half of the conversations damaged.
import Foundation
import WebSocketFuzzing

let environment = ProcessInfo.processInfo.environment
let seed = environment["FRESHET_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
let count = environment["FRESHET_FUZZ_COUNT"].flatMap(Int.init) ?? 2_000_000

/// At once, so that the seed is seen also if the program crashes.
func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

say("fuzzing WebSocket sessions: FRESHET_FUZZ_SEED=\(seed) FRESHET_FUZZ_COUNT=\(count)")
let outcome = WebSocketFuzzRun(seed: seed).run(frames: count) { say("\($0) frames read") }
for fault in outcome.faults { say("FAILED \(fault)") }
say("endings: " + outcome.endings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
say(
  "websocket-fuzz: \(outcome.frames) frames of \(outcome.conversations) conversations, \(outcome.damaged) of them damaged; "
    + "\(outcome.messages) messages read; at most \(outcome.mostMemory / 1024) KiB held; \(outcome.faults.count) faults, no crash"
)
exit(outcome.faults.isEmpty ? 0 : 1)
