// Counts the outcomes of all calls, and the faults by kind.
import Freshet
import Synchronization

struct Counts: Sendable {
  var calls = 0
  /// Ended with a status other than OK, as planned.
  var failed = 0
  var messages = 0
  var bytes = 0
  var faults = 0

  static func + (left: Counts, right: Counts) -> Counts {
    Counts(
      calls: left.calls + right.calls, failed: left.failed + right.failed, messages: left.messages + right.messages,
      bytes: left.bytes + right.bytes, faults: left.faults + right.faults)
  }

  static let columns = ["calls", "not OK", "messages", "MiB", "faults"]
  var cells: [String] { [calls, failed, messages, bytes >> 20, faults].map { "\($0)" } }
}

final class Ledger: Sendable {
  struct Lane: Hashable, Sendable {
    let kind: CallKind, execution: HandlerExecution, transport: CallTransport

    static let all = CallKind.allCases.flatMap { kind in
      [HandlerExecution.eventLoop, .globalPool].flatMap { execution in
        CallTransport.allCases.map { Lane(kind: kind, execution: execution, transport: $0) }
      }
    }
  }

  private struct State {
    var counts: [Lane: Counts] = [:]
    /// The number of faults per kind.
    var kinds: [String: Int] = [:]

    mutating func add(_ fault: String) -> Int {
      kinds[Ledger.kind(of: fault), default: 0] += 1
      return kinds[Ledger.kind(of: fault)] ?? 0
    }
  }

  /// How many faults of a kind, and how many kinds, are printed with their calls.
  private static let maxShown = 3, maxKinds = 30
  private let state = Mutex(State())

  /// Faults of one kind differ in numbers and in the text after a colon.
  private static func kind(of fault: String) -> String {
    String(fault.prefix { $0 != ":" }).replacing(/[0-9]+/, with: "N")
  }

  func add(_ call: CallProgress, isOK: Bool, fault: String?) {
    let plan = call.plan
    let lane = Lane(kind: plan.kind, execution: plan.execution, transport: plan.transport)
    let one = Counts(
      calls: 1, failed: isOK ? 0 : 1, messages: call.arrived.value + call.received.value, bytes: call.bytes.value,
      faults: fault == nil ? 0 : 1)
    state.withLock { $0.counts[lane] = $0.counts[lane, default: Counts()] + one }
    if let fault { fail(fault, "in \(call)") }
  }

  /// Counts and prints a fault.
  func fail(_ fault: String, _ place: String) {
    let (count, kinds) = state.withLock { ($0.add(fault), $0.kinds.count) }
    if count <= Self.maxShown, kinds <= Self.maxKinds { say("FAULT: \(fault)\n    \(place)") }
  }

  var faultCount: Int { state.withLock { $0.kinds.values.reduce(0, +) } }

  var total: Counts { state.withLock { $0.counts.values.reduce(Counts(), +) } }

  /// The outcomes per lane, then the kinds of faults.
  var report: String {
    let (counts, kinds) = state.withLock { ($0.counts, $0.kinds) }
    let rows = Lane.all.map { lane in
      ["\(lane.kind)", "\(lane.execution)", "\(lane.transport)"] + (counts[lane] ?? Counts()).cells
    }
    let all = [["kind", "handlers", "transport"] + Counts.columns] + rows + [["all", "", ""] + total.cells]
    let widths = all[0].indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let lines = all.map { row in
      row.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - row[column].count)
        return column < 3 ? row[column] + blanks : blanks + row[column]
      }.joined(separator: "  ")
    }
    let faults = kinds.sorted { $0.value > $1.value }.prefix(Self.maxKinds).map { "\($0.value) times: \($0.key)" }
    return (lines + faults).joined(separator: "\n")
  }
}
