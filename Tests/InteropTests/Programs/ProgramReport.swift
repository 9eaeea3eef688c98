// The matrix as text: a table, reasons for trials that could not run, failures, and totals.
@testable import interop_client

struct ProgramReport {
  private let matrix: ProgramMatrix
  /// In the order in which the table mentions them, labelled from `a` on.
  private var reasons: [String] = []
  private var failures: [String] = []
  private var passed = 0
  private var impossible = 0

  /// In Markdown, with the reasons.
  private(set) var table = ""

  init(_ matrix: ProgramMatrix) {
    self.matrix = matrix
    let heads = Pairing.columns.map { "\(matrix.name(of: $0.client)) → \(matrix.name(of: $0.server))" }
    var rows = [["client → server"] + heads]
    for testCase in TestCase.allCases {
      rows.append([testCase.rawValue] + Pairing.columns.map { cell(testCase, $0.client, $0.server) })
    }
    table = (Self.aligned(rows) + [""] + legend).joined(separator: "\n")
  }

  var text: String {
    let sum = "\(passed) passed, \(failures.count) failed, \(impossible) cannot run"
    return ([table, ""] + failures.map { "FAILED: \($0)" } + [sum]).joined(separator: "\n")
  }

  /// The cell of a case and a column, with one symbol per security.
  private mutating func cell(_ testCase: TestCase, _ client: TestProgram, _ server: TestProgram) -> String {
    Security.common.map { security in
      let pairing = Pairing(client: client, server: server, security: security)
      return symbol(Trial(testCase: testCase, pairing: pairing))
    }.joined(separator: " ")
  }

  private mutating func symbol(_ trial: Trial) -> String {
    switch matrix.outcome(trial) {
    case nil: return " "
    case .passed:
      passed += 1
      return "✓"
    case .failed(let why):
      failures.append("\(trial.testDescription): \(why.split(separator: "\n").joined(separator: " "))")
      return "✗"
    case .impossible(let reason):
      impossible += 1
      return letter(of: reason)
    }
  }

  private mutating func letter(of reason: String) -> String {
    let index = reasons.firstIndex(of: reason) ?? reasons.endIndex
    if index == reasons.endIndex { reasons.append(reason) }
    return Self.letter(index)
  }

  private static func letter(_ index: Int) -> String { String(UnicodeScalar(UInt8(ascii: "a") + UInt8(index))) }

  private var legend: [String] {
    let securities = Security.common.map { $0 == .h2c ? "h2c" : "TLS" }.joined(separator: ", then over ")
    let symbols = "✓ passed, ✗ failed; empty: hyper-h2 is there for what gRPC's own clients cannot do"
    return ["Each cell: over \(securities). \(symbols); a letter: cannot run, because", ""]
      + reasons.enumerated().map { "- \(Self.letter($0)): \($1)." }
  }

  /// A Markdown table whose columns are aligned in the source.
  private static func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String], filler: String = " ") -> String {
      let padded = zip(cells, widths).map { $0 + String(repeating: filler, count: $1 - $0.count) }
      return "| " + padded.joined(separator: " | ") + " |"
    }
    return [line(rows[0]), line(widths.map { _ in "---" }, filler: "-")] + rows.dropFirst().map { line($0) }
  }
}
