// How a program under test exits on an error.
import Foundation

package enum ConformanceProgram {
  /// Runs the program; an error is one line on standard error, and the exit status 1.
  package static func run(_ name: String, _ body: () async throws -> Void) async {
    do {
      try await body()
    } catch {
      exit(name, "\(error)")
    }
  }

  package static func exit(_ name: String, _ reason: String) -> Never {
    FileHandle.standardError.write(Data("\(name): \(reason)\n".utf8))
    Foundation.exit(1)
  }
}
