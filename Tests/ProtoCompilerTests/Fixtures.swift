// The schema files that the tests read, and shorthands for compiling.
import Foundation
import ProtoCompiler

enum Fixtures {
  /// Feature-rich schemas, next to this file.
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path
  /// Schemas that need a newer protoc than Debian's.
  static let editionsFolder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Editions").path
  static let editions: [(folder: String, name: String)] = schemas(in: [editionsFolder])
  /// The repository's own schemas.
  static let protos = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Protos").standardized.path

  /// Every schema of both folders, as name and text.
  static let all: [(folder: String, name: String)] = schemas(in: [folder, protos])

  static func schemas(in folders: [String]) -> [(folder: String, name: String)] {
    folders.flatMap { folder in
      (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
        .filter { $0.hasSuffix(".proto") }.sorted().map { (folder, $0) }
    }
  }

  /// The files below a folder, read on demand.
  static func tree(_ folders: String...) -> SourceTree {
    SourceTree(searched: folders) { name in
      for folder in folders {
        guard let data = FileManager.default.contents(atPath: folder + "/" + name) else { continue }
        return .found(.init(displayPath: name, bytes: Array(data)))
      }
      return .missing
    }
  }
}

/// Compiles one file with this text.
func compile(_ text: String, imports: [String: String] = [:]) -> Compiler.Result {
  Compiler(SourceTree(imports.merging(["test.proto": text]) { $1 })).compile(["test.proto"])
}

/// The errors of a proto3 file with these declarations, as `line:column message`. Line 1 is their first line.
func errors(_ declarations: String, imports: [String: String] = [:]) -> [String] {
  compile("syntax = \"proto3\"; " + declarations, imports: imports).diagnostics
    .filter { $0.severity == .error }
    .map { finding in
      guard let place = finding.location else { return finding.message }
      let shift = place.line == 1 ? "syntax = \"proto3\"; ".utf8.count : 0
      return "\(place.line):\(place.column - shift) \(finding.message)"
    }
}
