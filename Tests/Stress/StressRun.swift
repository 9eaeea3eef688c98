// Makes random calls for a while, many at once.
import Freshet
import Synchronization

struct StressRun: Sendable {
  let seed: UInt64
  let duration: Duration
  let workerCount: Int
  /// The plan of all calls; nil for random ones.
  let onlyPlan: UInt64?

  let ledger: Ledger
  let running: Running

  /// - Returns: after all calls, channels and servers have ended.
  func run() async throws {
    let lanes = try await Lanes(running), end = ContinuousClock.now + duration
    await withTaskGroup { group in
      for worker in 0..<workerCount { group.addTask { await work(UInt64(worker), on: lanes, until: end) } }
    }
    EndCallWork.runAll()
    try await lanes.shutDown()
    let starts = StressClientInterceptor.starts.value, ends = StressClientInterceptor.ends.value
    if starts != ends { ledger.fail("interceptors saw \(starts) beginnings and \(ends) ends", "in the whole run") }
  }

  /// Makes calls one after the other, and sometimes many at once.
  private func work(_ worker: UInt64, on lanes: Lanes, until end: ContinuousClock.Instant) async {
    var dice = Dice(seed: mixed(seed, worker)), id = worker << 40
    while ContinuousClock.now < end {
      let isBurst = dice.isOneIn(8)
      let plans = (0..<(isBurst ? 8 + dice.below(57) : 1)).map { _ in
        CallPlan(seed: onlyPlan ?? (isBurst ? dice.number() | 1 : dice.number() & ~1))
      }
      let first = id
      id += UInt64(plans.count)
      await withTaskGroup { group in
        for (plan, id) in zip(plans, first...) { group.addTask { await call(id, plan, on: lanes) } }
      }
    }
  }

  private func call(_ id: UInt64, _ plan: CallPlan, on lanes: Lanes) async {
    await running.call(id, plan) { progress in
      await Caller(channel: lanes.channel(for: plan), progress: progress).run()
    }
  }
}
