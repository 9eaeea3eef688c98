// `stress`: makes random calls for a while, and checks that each message arrives intact and in order.
//
//     STRESS_SECONDS=600       duration
//     FRESHET_SEED=…           repeats the calls of an earlier run; their interleaving depends on the machine
//     STRESS_CALL=…            the plan of one call, used for all
//     STRESS_WORKERS=24        how many calls, or bursts of calls, at once
//     STRESS_PATIENCE=60       seconds after which a call counts as hung
import Foundation
import Freshet
import TestSupport

@main
struct Stress {
  static func main() async throws {
    let seed = SeededRandom.forTest("stress").seed
    fflush(nil)
    let ledger = Ledger(), running = Running(ledger)
    let seconds = number("STRESS_SECONDS") ?? 600
    let monitor = Monitor(
      running: running, ledger: ledger, duration: .seconds(seconds),
      patience: .seconds(number("STRESS_PATIENCE") ?? 60),
      again: "make stress FRESHET_SEED=\(seed) STRESS_SECONDS=\(seconds)")
    monitor.start()
    let run = StressRun(
      seed: seed, duration: monitor.duration, workerCount: number("STRESS_WORKERS") ?? 24,
      onlyPlan: number("STRESS_CALL"), ledger: ledger, running: running)
    try await run.run()
    say("\(ledger.report)\nstress: \(seconds) s, \(monitor.summary); again: \(monitor.again)")
    exit(ledger.faultCount == 0 ? 0 : 1)
  }

  private static func number<Number: FixedWidthInteger>(_ name: String) -> Number? {
    ProcessInfo.processInfo.environment[name].flatMap { Number($0) }
  }
}
