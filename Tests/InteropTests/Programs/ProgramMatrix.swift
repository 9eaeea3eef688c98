// The results of the trials.
import Foundation
import Synchronization
@testable import interop_client

final class ProgramMatrix: Sendable {
  enum Outcome: Sendable {
    case passed
    /// With the program's output.
    case failed(String)
    /// With the reason why it could not run.
    case impossible(String)
  }

  private struct State {
    var outcomes: [Trial: Outcome] = [:]
    var names: [TestProgram: String] = [:]
  }

  private let state = Mutex(State())

  func add(_ outcome: Outcome, _ trial: Trial) { state.withLock { $0.outcomes[trial] = outcome } }

  /// The name and version that a program reports.
  func setName(of program: TestProgram, _ name: String) { state.withLock { $0.names[program] = name } }

  func outcome(_ trial: Trial) -> Outcome? { state.withLock { $0.outcomes[trial] } }

  func name(of program: TestProgram) -> String {
    program == .freshet ? program.rawValue : state.withLock { $0.names[program] } ?? program.rawValue
  }

  /// Writes to standard output and into .build-logs at the package's root.
  /// - Throws: `StaleReadme` when all passed and README shows another table.
  func publish() throws {
    let report = ProgramReport(self)
    print(report.text)
    let folder = Peers.root.appending(path: ".build-logs")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data((report.text + "\n").utf8).write(to: folder.appending(path: "interop-programs.md"))
    guard Trial.all.allSatisfy({ isAsExpected($0) }) else { return }
    let readme = try String(contentsOf: Peers.root.appending(path: "README.md"), encoding: .utf8)
    guard readme.contains(report.table) else { throw StaleReadme() }
  }

  private func isAsExpected(_ trial: Trial) -> Bool {
    switch outcome(trial) {
    case .passed, .impossible: true
    case nil, .failed: false
    }
  }
}

/// README's compatibility table differs from the results.
struct StaleReadme: Error, CustomStringConvertible {
  var description: String { "README.md does not show the table of .build-logs/interop-programs.md: copy it" }
}
