// Watches the run from a thread of its own, since all others may hang: prints how it goes, and ends it when a call hangs.
import Foundation
import Synchronization

/// At once and whole, so that it is seen also if the program crashes.
func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

struct Monitor: Sendable {
  let running: Running
  let ledger: Ledger
  let duration: Duration
  /// How long a call may take, and how long the end of the program.
  let patience: Duration
  /// How to make the same calls again.
  let again: String

  private static let maxShown = 60

  func start() {
    let thread = Thread { watch() }
    thread.start()
  }

  private func watch() {
    let began = ContinuousClock.now
    for second in 1... {
      Thread.sleep(until: Date(timeIntervalSinceNow: 1))
      EndCallWork.runAll()
      if second.isMultiple(of: 10) { say("\(second) s: \(summary)") }
      if !running.all(olderThan: patience).isEmpty { giveUp(running.all(olderThan: .seconds(1))) }
      if ContinuousClock.now - began > duration + patience + patience { giveUp(["the end of the run hangs"]) }
    }
  }

  var summary: String {
    let total = ledger.total
    return "\(total.calls) calls, \(total.failed) of them not OK as planned, \(total.messages) messages, "
      + "\(total.bytes >> 20) MiB, \(ledger.faultCount) faults, memory at most \(peakMemory)"
  }

  /// As Linux tells it.
  private var peakMemory: String {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(separator: "\t").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
  }

  private func giveUp(_ hanging: [String]) -> Never {
    for text in hanging.prefix(Self.maxShown) { say("FAULT: \(text)") }
    say("\(ledger.report)\nstress: \(hanging.count) hang; again: \(again)")
    exit(1)
  }
}
