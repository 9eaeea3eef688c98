// Reads schema files and their imports, each once, and detects import cycles.
import SwiftProtobuf

struct Loader {
  /// Longer chains of imports are rejected: the loader is recursive.
  static let maxImportDepth = 256

  private let sources: SourceTree
  /// Every file after its imports.
  private var units: [CompilationUnit] = []
  /// Diagnostics without a position in a file.
  private var diagnostics: [Diagnostic] = []
  private var states: [String: State] = [:]
  private var chain: [String] = []

  private enum State { case loading, loaded }

  /// A problem with an import; reported at the import statement.
  private struct ImportProblem: Error { var reason: String }

  private init(sources: SourceTree) { self.sources = sources }

  /// Reads the named files.
  /// - Returns: every file after its imports, and diagnostics without a position in a file.
  static func load(
    _ names: [String], from sources: SourceTree
  ) -> (units: [CompilationUnit], diagnostics: [Diagnostic]) {
    var loader = Loader(sources: sources)
    for name in names { loader.loadRoot(name) }
    return (loader.units, loader.diagnostics)
  }

  private mutating func loadRoot(_ name: String) {
    do throws(ImportProblem) {
      try load(name, isRoot: true)
    } catch {
      diagnostics.append(Diagnostic(severity: .error, location: nil, message: error.reason))
    }
  }

  private mutating func load(_ name: String, isRoot: Bool) throws(ImportProblem) {
    switch states[name] {
    case .loaded?: return
    case .loading?:
      let circle = (chain.drop { $0 != name } + [name]).map { "“\($0)”" }
      throw ImportProblem(reason: "files import each other in a circle: \(circle.joined(separator: " → "))")
    case nil: break
    }
    guard chain.count < Self.maxImportDepth else {
      throw ImportProblem(reason: "imports go deeper than \(Self.maxImportDepth) files")
    }
    let file = try read(name)
    states[name] = .loading
    chain.append(name)
    var bag = DiagnosticBag(file)
    let syntax = Parser.parse(reportingTo: &bag)
    if syntax.syntax == nil, !bag.hasErrors, isRoot {
      bag.warning("the file says neither `syntax` nor `edition`, so it is proto2", at: nil)
    }
    let (descriptor, source, options) = DescriptorBuilder.build(syntax, reportingTo: &bag)
    let imports = [
      (FieldPath.File.dependency, descriptor.dependency),
      (FieldPath.File.optionDependency, descriptor.optionDependency),
    ]
    for (number, names) in imports {
      for (index, name) in names.enumerated() {
        do throws(ImportProblem) {
          try load(name, isRoot: false)
        } catch {
          bag.error(error.reason, at: source.span(of: [number, Int32(index)]))
        }
      }
    }
    chain.removeLast()
    states[name] = .loaded
    units.append(
      CompilationUnit(descriptor: descriptor, source: source, options: options, bag: bag, isRoot: isRoot))
  }

  private func read(_ name: String) throws(ImportProblem) -> SourceFile {
    let bytes = name.utf8
    let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let isPlain = parts.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
    if !isPlain || bytes.contains(UInt8(ascii: "\\")) {
      // One file under two names would be two files with the same declarations.
      throw ImportProblem(
        reason:
          "“\(name)” is no name of a schema: it is relative to a proto path, without parts that are “.”, “..” or empty, "
          + "and has no “\\”")
    }
    switch sources.lookUp(name) {
    case .found(let file):
      return SourceFile(name: name, displayPath: file.displayPath, bytes: file.bytes)
    case .unreadable(let reason):
      throw ImportProblem(reason: "“\(name)” cannot be read: \(reason)")
    case .missing:
      if let text = WellKnownFiles.text(of: name) {
        return SourceFile(name: name, displayPath: name, bytes: Array(text.utf8))
      }
      throw ImportProblem(reason: "“\(name)” is not found" + hint(name))
    }
  }

  private func hint(_ name: String) -> String {
    if let meant = NameSuggestion.nearest(to: name, among: WellKnownFiles.names), meant != name {
      return "; did you mean “\(meant)”?"
    }
    guard !sources.searched.isEmpty else { return "" }
    return "; searched in the proto paths " + sources.searched.map { "“\($0)”" }.joined(separator: ", ")
  }
}
