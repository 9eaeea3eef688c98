// Runs the reference compilers.
import Foundation
import SwiftProtobuf

/// Debian's protoc, which must be installed (`apt-get install protobuf-compiler`), and the newer one of grpcio-tools.
enum Protoc {
  struct Failure: Error, CustomStringConvertible {
    /// What the compiler printed.
    var description: String
  }

  static let debian = ["protoc"]
  /// Nil without the Python environment made by `make peers`.
  static let young: [String]? = ProcessInfo.processInfo.environment["FRESHET_PEER_PYTHON"].flatMap { python in
    FileManager.default.isExecutableFile(atPath: python) ? [python, "-m", "grpc_tools.protoc"] : nil
  }

  /// The schemas bundled with the newer protoc.
  static func youngFolder() throws -> String {
    guard let python = young?.first else { throw Failure(description: "there is no younger protoc") }
    let (status, output) = try run([
      python, "-c", "import grpc_tools, sys; sys.stderr.write(grpc_tools.__path__[0] + '/_proto')",
    ])
    guard status == 0 else { throw Failure(description: output) }
    return output
  }

  static func descriptors(
    of name: String, in folder: String, by compiler: [String] = debian
  ) throws -> Google_Protobuf_FileDescriptorSet {
    let output = FileManager.default.temporaryDirectory.appending(path: "freshet-oracle-\(UUID().uuidString).bin")
    defer { try? FileManager.default.removeItem(at: output) }
    let flags = ["--include_imports", "--include_source_info", "--descriptor_set_out", output.path, name]
    let (status, errors) = try run(compiler + ["-I", folder] + flags)
    guard status != 127 else {
      throw Failure(
        description: "protoc is not installed: the oracle tests need it (apt-get install protobuf-compiler)")
    }
    guard status == 0 else { throw Failure(description: "protoc failed on \(name): \(errors)") }
    return try Google_Protobuf_FileDescriptorSet(serializedBytes: Data(contentsOf: output))
  }

  /// Runs a command found on the PATH. 127 means that it was not found.
  static func run(_ arguments: [String]) throws -> (status: Int32, errors: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let data = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
