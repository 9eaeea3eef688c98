// Collects the results of the interoperability tests and prints them as a table.
import Foundation
import Synchronization
import Testing

/// Which side of a call is this library.
enum Role: String, Sendable {
  case server, client
}

/// Rows of case × role × security.
final class Matrix: Sendable {
  struct Row: Sendable, Hashable, Comparable {
    var name: String
    var role: String
    var security: String

    static func < (left: Row, right: Row) -> Bool {
      (left.role, left.name, left.security) < (right.role, right.name, right.security)
    }
  }

  private let rows = Mutex<[Row: Bool]>([:])

  /// A row that is added twice has passed when both results have.
  func add(_ row: Row, passed: Bool) {
    rows.withLock { $0[row] = passed && $0[row] ?? true }
  }

  var text: String {
    let rows = rows.withLock { $0 }
    let widths = rows.keys.reduce(into: (name: 4, security: 8)) { widths, row in
      widths.name = max(widths.name, row.name.count)
      widths.security = max(widths.security, row.security.count)
    }
    func line(_ name: String, _ role: String, _ security: String, _ result: String) -> String {
      [name.padded(widths.name), role.padded(6), security.padded(widths.security), result].joined(separator: "  ")
    }
    let lines = rows.sorted { $0.key < $1.key }.map { line($0.name, $0.role, $0.security, $1 ? "passed" : "FAILED") }
    let passed = rows.values.count { $0 }
    return ([line("case", "we are", "security", "result")] + lines + ["\(passed) of \(rows.count) rows passed"])
      .joined(separator: "\n") + "\n"
  }

  /// Writes to standard output and into .build-logs at the package's root.
  func publish() throws {
    print(text)
    let folder = Peers.root.appending(path: ".build-logs")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: folder.appending(path: "interop-matrix.txt"))
  }
}

/// Runs one case of the matrix. The row fails when `body` throws or any expectation in it does.
func interop(
  _ name: String, _ role: Role, _ security: Security, _ body: @escaping @Sendable (Peers) async throws -> Void
) async throws {
  let peers = try #require(Peers.current)
  let test = try #require(Test.current)
  let row = Matrix.Row(name: name, role: role.rawValue, security: security.rawValue)
  let watch = IssueHandlingTrait.compactMapIssues { issue in
    peers.matrix.add(row, passed: false)
    return issue
  }
  do {
    try await watch.provideScope(for: test, testCase: .current) { try await body(peers) }
    peers.matrix.add(row, passed: true)
  } catch {
    peers.matrix.add(row, passed: false)
    throw error
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
