// Runs a program to its end, and keeps the result.
import Foundation

public struct ProgramRun: Sendable {
  /// The exit status, or the number of the signal that ended it.
  public let status: Int32
  /// Its standard output and error.
  public let output: String

  /// Runs a program without input, and waits for its end.
  /// - Throws: the system's error if the program cannot be started; `MissedEvent`, with its output, if it does not end
  ///   within `limit`, after which it is killed.
  public static func of(
    _ executable: String, _ arguments: [String], within limit: Duration
  ) async throws -> ProgramRun {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = try folder.write([], to: "output")
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
    let ending = EventLog<Int32>()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    process.terminationHandler = { ending.record($0.terminationStatus) }
    try process.run()
    let number = process.processIdentifier
    do {
      let status = try await ending.next("the end of the program", within: limit)
      return ProgramRun(status: status, output: try text(of: file))
    } catch {
      kill(number, SIGKILL)
      _ = try? await ending.next("the end of the program that was killed", within: .seconds(20))
      throw MissedEvent(description: "\(error); it has written: \((try? text(of: file)) ?? "")")
    }
  }

  private static func text(of file: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
