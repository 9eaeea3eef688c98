// A table of trials and outcomes, for people and for a file.
public import Foundation
import Synchronization

/// Rows of text with an outcome each; thread-safe.
public final class ResultTable: Sendable {
  private struct Outcome {
    var passed: Bool
    var remark: String?
  }

  private let columns: [String]
  private let rows = Mutex<[[String]: Outcome]>([:])

  public init(columns: [String]) { self.columns = columns }

  /// A row that is added twice has passed if both have.
  /// - Parameter remark: additional information about the outcome.
  public func add(_ row: [String], passed: Bool, remark: String? = nil) {
    rows.withLock { rows in
      let earlier = rows[row]
      rows[row] = Outcome(passed: passed && earlier?.passed ?? true, remark: remark ?? earlier?.remark)
    }
  }

  /// The rows in order, and how many passed.
  public var text: String {
    let rows = rows.withLock { $0 }
    let widths = columns.indices.map { index in
      ([columns] + rows.keys).map { $0[index].count }.max() ?? 0
    }
    func line(_ cells: [String], _ outcome: String) -> String {
      let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return (padded + [outcome]).joined(separator: "  ")
    }
    let lines = rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { row, outcome in
      line(row, (outcome.passed ? "passed" : "FAILED") + (outcome.remark.map { " – \($0)" } ?? ""))
    }
    let passed = rows.values.count { $0.passed }
    let all = [line(columns, "result")] + lines + ["\(passed) of \(rows.count) rows passed"]
    return all.joined(separator: "\n") + "\n"
  }

  /// Prints to standard output and writes a file.
  /// - Parameter title: precedes the table.
  public func publish(title: String, to file: URL) throws {
    let text = "\(title)\n\n\(text)"
    print(text)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }
}
