// A running server of the interoperability tests.
import Foundation
import TestSupport

struct ProgramServer: Sendable {
  let program: TestProgram
  let port: Int
  /// As reported by the program, with its version.
  let name: String
  private let process: PeerProcess<String>

  static func start(_ program: TestProgram, _ security: Security, _ files: ProgramCertificates) async throws -> Self {
    let command = try program.server
    let arguments = command.arguments + ["--port", "0"] + files.serverFlags(security)
    let process = try PeerProcess<String>(command.executable, arguments) { String(decoding: $0, as: UTF8.self) }
    do {
      let line = try await process.line("it listens") { $0.contains(Self.ready) }
      let parts = line.components(separatedBy: Self.ready)
      guard let port = parts.last.flatMap({ Int($0) }), port > 0 else {
        throw PeerFailure(description: "the line “\(line)” does not end with a port")
      }
      return ProgramServer(program: program, port: port, name: parts[0], process: process)
    } catch {
      try? await process.stop()
      throw error
    }
  }

  private static let ready = ": listening on 127.0.0.1:"

  /// - Throws: `PeerFailure` when the program does not end, or when ours exits with an error.
  func stop() async throws {
    if program == .freshet { process.signal(SIGTERM) }  // the others end when their input is closed
    try await process.stop()
    let status = try await process.exitStatus()
    guard status == 0 else { throw PeerFailure(description: "the server of \(name) ended with \(status)") }
  }
}
