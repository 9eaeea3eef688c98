// `stress`: makes random calls for a while, and checks that each message that was sent arrives, in order and whole.
//
//     STRESS_SECONDS=600       how long
//     FRESHET_SEED=…           the calls of an earlier run; how they interleave is up to the machine
//     STRESS_CALL=…            the plan of one call, which all then have
//     STRESS_WORKERS=24        how many calls, or bursts of calls, at once
//     STRESS_PATIENCE=60       a call that takes so many seconds hangs
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
