// Watches the run from its own thread, since all others may hang: prints progress, and aborts when a call hangs.
import Foundation
import Synchronization

/// Writes unbuffered, so that the text is visible even if the program crashes.
func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

struct Monitor: Sendable {
  let running: Running
  let ledger: Ledger
  let duration: Duration
  /// How long a call may take, and how long shutting down may.
  let patience: Duration
  /// The command that repeats the same calls.
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

  /// As reported by Linux.
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
