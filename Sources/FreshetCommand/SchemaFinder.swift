// Finds schema files on disk, and the names under which they import each other.
import Foundation
import ProtoCompiler

/// Maps between paths and names: a name is a path relative to one of the proto paths.
struct SchemaFinder {
  /// As given, for messages; and absolute, for comparison.
  private let roots: [(given: String, absolute: String)]

  private let currentFolder: String

  init(protoPaths: [String]) {
    let currentFolder = FileManager.default.currentDirectoryPath
    roots = protoPaths.map { ($0, Self.absolute($0, in: currentFolder)) }
    self.currentFolder = currentFolder
  }

  /// The files below the proto paths, read on demand. The first proto path that has a name wins.
  var sourceTree: SourceTree {
    let folders = roots.map(\.given)
    return SourceTree(searched: folders) { name in
      for folder in folders {
        let path = Self.display(folder: folder, name: name)
        switch SchemaBytes.read(path) {
        case .bytes(let bytes): return .found(SourceTree.File(displayPath: path, bytes: bytes))
        case .unreadable(let reason): return .unreadable(reason: reason)
        case .missing: continue
        }
      }
      return .missing
    }
  }

  /// The names of files, of all schema files in folders, and of those that match a pattern; each once and in a stable
  /// order.
  func names(of inputs: [String]) throws(GenerationFailure) -> [String] {
    var names: [String] = []
    for input in inputs {
      switch SchemaBytes.kind(of: input) {
      case .file: names.append(try name(ofFile: input))
      case .folder: names += try schemas(in: input)
      case nil: names += try self.names(ofMissing: input)
      }
    }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  // MARK: Single inputs

  private func schemas(in folder: String) throws(GenerationFailure) -> [String] {
    let entries = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    let schemas = entries.filter { $0.hasSuffix(".proto") }.sorted()
    guard !schemas.isEmpty else { throw GenerationFailure("the folder “\(folder)” has no .proto file") }
    var names: [String] = []
    for schema in schemas { names.append(try name(ofFile: Self.display(folder: folder, name: schema))) }
    return names
  }

  /// A name that is not a file may be a pattern, or the name of an import.
  private func names(ofMissing input: String) throws(GenerationFailure) -> [String] {
    if let pattern = FilePattern(input) {
      let files = pattern.files()
      guard !files.isEmpty else { throw GenerationFailure("no file matches the pattern “\(input)”") }
      return try files.map { (file) throws(GenerationFailure) in try name(ofFile: file) }
    }
    if isName(input) { return [input] }
    throw GenerationFailure("there is no file “\(input)”, nor one of that name in the proto paths \(rootList)")
  }

  private func name(ofFile path: String) throws(GenerationFailure) -> String {
    let absolute = Self.absolute(path, in: currentFolder)
    for (index, root) in roots.enumerated() {
      let prefix = root.absolute.hasSuffix("/") ? root.absolute : root.absolute + "/"
      guard absolute.hasPrefix(prefix) else { continue }
      let name = String(Substring(absolute.utf8.dropFirst(prefix.utf8.count)))
      if let hiding = roots[..<index].first(where: { Self.isFile($0.absolute + "/" + name) }) {
        let other = Self.display(folder: hiding.given, name: name)
        throw GenerationFailure("“\(path)” is hidden by “\(other)”, which has the same name in an earlier proto path")
      }
      return name
    }
    throw GenerationFailure(
      "“\(path)” lies in none of the proto paths \(rootList); give the folder that its imports start from, as in "
        + "--proto-path \(URL(filePath: path).deletingLastPathComponent().relativePath)")
  }

  private func isName(_ path: String) -> Bool {
    !path.hasPrefix("/") && roots.contains { Self.isFile($0.absolute + "/" + path) }
  }

  private var rootList: String { roots.map { "“\($0.given)”" }.joined(separator: ", ") }

  // MARK: Paths

  /// The path from the root, without `.` and `..`. Purely textual: links are not resolved.
  private static func absolute(_ path: String, in currentFolder: String) -> String {
    let whole = path.hasPrefix("/") ? path : currentFolder + "/" + path
    var parts: [Substring.UTF8View] = []
    for part in whole.utf8.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
      if part.elementsEqual("..".utf8) { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.isEmpty ? "/" : parts.reduce(into: "") { $0 += "/" + Substring($1) }
  }

  private static func display(folder: String, name: String) -> String {
    if folder == "." { return name }
    return folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  private static func isFile(_ path: String) -> Bool { SchemaBytes.kind(of: path) == .file }
}
