// Resolves the types of a file's fields and methods, in the file itself and its imports.
import SwiftProtobuf

/// Walks one descriptor and replaces each type name by its full name.
struct Linker {
  private let catalog: TypeCatalog
  private let visibleFiles: Set<String>
  private let source: SourceInfo
  private var bag: DiagnosticBag
  private var usedFiles: Set<String> = []
  /// Each suggestion searches all types, and after a few they repeat.
  private var suggestionsLeft = 10

  private init(_ catalog: TypeCatalog, _ visibleFiles: Set<String>, _ source: SourceInfo, _ bag: DiagnosticBag) {
    (self.catalog, self.visibleFiles, self.source, self.bag) = (catalog, visibleFiles, source, bag)
  }

  /// Links `file` against the names in `catalog`, of which those of `visibleFiles` are visible.
  /// - Returns: the files whose types it uses.
  static func link(
    _ file: inout Google_Protobuf_FileDescriptorProto, _ catalog: TypeCatalog, visibleFiles: Set<String>,
    _ source: SourceInfo, reportingTo bag: inout DiagnosticBag
  ) -> Set<String> {
    var linker = Linker(catalog, visibleFiles, source, bag)
    linker.link(&file)
    bag = linker.bag
    return linker.usedFiles
  }

  private mutating func link(_ file: inout Google_Protobuf_FileDescriptorProto) {
    let package = file.package
    file.messageType.updateEach { link(&$1, in: package, [FieldPath.File.message, $0]) }
    file.service.updateEach { link(&$1, in: package, [FieldPath.File.service, $0]) }
    file.extension.updateEach { link(&$1, in: package, [FieldPath.File.extension, $0]) }
  }

  private mutating func link(
    _ message: inout Google_Protobuf_DescriptorProto, in scope: String, _ path: DescriptorPath
  ) {
    let scope = scope.isEmpty ? message.name : scope + "." + message.name
    message.field.updateEach { index, field in
      if !field.typeName.isEmpty { link(&field, in: scope, path + [FieldPath.Message.field, index]) }
    }
    message.nestedType.updateEach { link(&$1, in: scope, path + [FieldPath.Message.nestedType, $0]) }
    message.extension.updateEach { link(&$1, in: scope, path + [FieldPath.Message.extension, $0]) }
  }

  private mutating func link(
    _ field: inout Google_Protobuf_FieldDescriptorProto, in scope: String, _ path: DescriptorPath
  ) {
    if field.hasExtendee,
      let (name, symbol) = find(field.extendee, in: scope, path + [FieldPath.Field.extendee], .anything)
    {
      if symbol.kind != .message {
        bag.error(
          Self.mismatch(field.extendee, name, symbol, "what is extended is a message"),
          at: source.span(of: path + [FieldPath.Field.extendee]))
      }
      field.extendee = "." + name
    }
    guard !field.typeName.isEmpty else { return }
    let type = find(field.typeName, in: scope, path + [FieldPath.Field.typeName])
    guard let (name, symbol) = type else { return }
    field.typeName = "." + name
    if field.type != .group { field.type = symbol.kind == .enumeration ? .enum : .message }
  }

  private mutating func link(
    _ service: inout Google_Protobuf_ServiceDescriptorProto, in scope: String, _ path: DescriptorPath
  ) {
    let scope = scope.isEmpty ? service.name : scope + "." + service.name
    service.method.updateEach { index, method in
      let path = path + [FieldPath.Service.method, index]
      link(&method.inputType, in: scope, path + [FieldPath.Method.inputType])
      link(&method.outputType, in: scope, path + [FieldPath.Method.outputType])
    }
  }

  /// The request and response types of methods are messages.
  private mutating func link(_ type: inout String, in scope: String, _ path: DescriptorPath) {
    guard let (name, symbol) = find(type, in: scope, path, .anything) else { return }
    if symbol.kind != .message {
      bag.error(Self.mismatch(type, name, symbol, "a method takes and returns messages"), at: source.span(of: path))
    }
    type = "." + name
  }

  private static func mismatch(_ written: String, _ name: String, _ symbol: Symbol, _ wanted: String) -> String {
    if written.hasSuffix(name) { return "“\(written)” is \(symbol.kind.article); \(wanted)" }
    return "“\(written)” is the \(symbol.kind.rawValue) “\(name)” here; \(wanted); "
      + "a leading dot makes a name begin at the outermost scope"
  }

  private mutating func find(
    _ name: String, in scope: String, _ path: DescriptorPath, _ target: SymbolTable.Target = .type
  ) -> (name: String, Symbol)? {
    let resolution = catalog.symbols.resolve(name, in: scope, visibleFiles: visibleFiles, as: target)
    if case .found(let full, let symbol) = resolution {
      usedFiles.insert(symbol.file)
      if symbol.file != bag.file.name, !catalog.isExported(full, symbol) {
        bag.error("“\(full)” is local to “\(symbol.file)”", at: source.span(of: path))
      }
      return (full, symbol)
    }
    if !bag.isFull { bag.error(explanation(of: resolution, name, scope), at: source.span(of: path)) }
    return nil
  }

  private mutating func explanation(of resolution: SymbolTable.Resolution, _ name: String, _ scope: String) -> String {
    switch resolution {
    case .notImported(let full, let symbol):
      return "“\(full)” is declared in “\(symbol.file)”, which this file does not import"
    case .shadowed(let inner):
      return "“\(name)” is not declared: “\(inner)”, the nearest meaning of its first part, does not contain it; "
        + "a leading dot makes a name begin at the outermost scope"
    case .unknown, .found:
      let base = "“\(name)” is not declared"
      guard suggestionsLeft > 0 else { return base }
      suggestionsLeft -= 1
      let suggestion = catalog.symbols.suggestion(for: name, in: scope, scalars: ScalarTypes.names)
      return base + (suggestion.map { "; did you mean “\($0)”?" } ?? "")
    }
  }
}
