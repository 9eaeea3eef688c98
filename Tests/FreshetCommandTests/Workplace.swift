// A temporary folder for one test, and the built program to run in it.
import Foundation
import TestSupport

/// Removed with its last reference.
final class Workplace: Sendable {
  struct Run {
    var status: Int32
    var output: String
    var errors: String
  }

  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "freshet-command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Runs `freshet` with the folder as its working directory.
  func freshet(_ arguments: [String]) throws -> Run { try run(BuiltProgram.url("freshet"), arguments) }

  /// Runs Debian's protoc with our plugin.
  func protoc(_ arguments: [String]) throws -> Run {
    let plugin = "--plugin=\(try BuiltProgram.url("protoc-gen-freshet").path)"
    return try run(URL(filePath: "/usr/bin/env"), ["protoc", plugin] + arguments)
  }

  private func run(_ program: URL, _ arguments: [String]) throws -> Run {
    let (output, errors) = (folder.appending(path: ".stdout"), folder.appending(path: ".stderr"))
    try Data().write(to: output)
    try Data().write(to: errors)
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    return Run(status: process.terminationStatus, output: try read(".stdout"), errors: try read(".stderr"))
  }

  // MARK: Files

  func write(_ text: String, to path: String) throws {
    let url = folder.appending(path: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func read(_ path: String) throws -> String {
    try String(contentsOf: folder.appending(path: path), encoding: .utf8)
  }

  func data(_ path: String) throws -> Data { try Data(contentsOf: folder.appending(path: path)) }

  func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.appending(path: path).path, withDestinationPath: target)
  }

  func remove(_ path: String) throws { try FileManager.default.removeItem(at: folder.appending(path: path)) }

  /// The files below a folder, relative to it, in alphabetical order; none if it does not exist.
  func files(in path: String) throws -> [String] {
    let base = folder.appending(path: path).path
    let entries = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
    var isFolder: ObjCBool = false
    return entries.filter {
      FileManager.default.fileExists(atPath: base + "/" + $0, isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted()
  }

  /// Changes whenever the file is rewritten, since writing replaces it.
  func inode(of path: String) throws -> UInt64? {
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.appending(path: path).path)
    return (attributes[.systemFileNumber] as? NSNumber)?.uint64Value
  }
}
