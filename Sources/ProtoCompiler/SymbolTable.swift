// All names that the files of one compilation declare, and what a name means at a place.
import SwiftProtobuf

struct Symbol {
  enum Kind: String {
    case package, message, enumeration = "enum", enumValue = "enum value", field, oneof, service, method
  }

  var kind: Kind
  /// The name of the file that declares it; for a package, the first that does.
  var file: String
  /// Where, for a message about a second declaration: `file:line`.
  var place: String

  var isType: Bool { kind == .message || kind == .enumeration }
  /// Whether names can be declared inside.
  var isScope: Bool { isType || kind == .package || kind == .service }
}

struct SymbolTable {
  enum Resolution {
    case found(name: String, Symbol)
    /// The name exists, in a file that is not imported here.
    case notImported(name: String, Symbol)
    /// The first part of the name means something here that does not contain the rest.
    case shadowed(by: String)
    case unknown
  }

  private var symbols: [String: Symbol] = [:]
  /// The package of each file declared so far.
  private var packages: [String: String] = [:]

  subscript(name: String) -> Symbol? { symbols[name] }

  // MARK: Declaring

  mutating func declareAll(
    in file: Google_Protobuf_FileDescriptorProto, _ source: SourceInfo, reportingTo bag: inout DiagnosticBag
  ) {
    var declarer = Declarer(table: self, source: source, bag: bag)
    self = SymbolTable()  // lets the declarer change the table in place
    declarer.declare(file)
    self = declarer.table
    bag = declarer.bag
    packages[file.name] = file.package
  }

  fileprivate mutating func declare(_ name: String, _ symbol: Symbol) -> Symbol? {
    if let existing = symbols[name] {
      return existing.kind == .package && symbol.kind == .package ? nil : existing
    }
    symbols[name] = symbol
    return nil
  }

  // MARK: Looking up

  /// What the type `name` means inside the declaration `scope`: the innermost scope that knows its first part decides.
  func resolve(_ name: String, in scope: String, visibleFiles: Set<String>) -> Resolution {
    if name.hasPrefix(".") { return resolve(full: String(name.dropFirst()), visibleFiles) }
    let first = name.prefix { $0 != "." }
    var hidden: Resolution = .unknown
    var scope = Substring(scope)
    while true {
      let prefix = scope.isEmpty ? "" : scope + "."
      if let head = symbols[prefix + first] {
        let isWhole = first.count == name.count
        let full = prefix + name
        if isVisible(prefix + first, head, visibleFiles), isWhole ? head.isType : head.isScope {
          switch resolve(full: full, visibleFiles) {
          case .unknown: return .shadowed(by: prefix + first)
          case .notImported(let name, let symbol): hidden = .notImported(name: name, symbol)
          case let resolution: return resolution
          }
        } else if let symbol = symbols[full], symbol.isType, case .unknown = hidden {
          hidden = .notImported(name: full, symbol)
        }
      }
      guard !scope.isEmpty else { return hidden }
      scope = scope.lastIndex(of: ".").map { scope[..<$0] } ?? ""
    }
  }

  private func resolve(full name: String, _ visibleFiles: Set<String>) -> Resolution {
    guard let symbol = symbols[name], symbol.isType else { return .unknown }
    return isVisible(name, symbol, visibleFiles) ? .found(name: name, symbol) : .notImported(name: name, symbol)
  }

  private func isVisible(_ name: String, _ symbol: Symbol, _ visibleFiles: Set<String>) -> Bool {
    guard symbol.kind == .package else { return visibleFiles.contains(symbol.file) }
    return visibleFiles.contains { file in
      packages[file].map { $0 == name || $0.hasPrefix(name + ".") } ?? false
    }
  }

  /// The type that a person may have meant by `name` inside `scope`, as it would be written there.
  func suggestion(for name: String, in scope: String, scalars: [String]) -> String? {
    var candidates: [String: String] = [:]  // how it could be written → what to write
    for scalar in scalars { candidates[scalar] = scalar }
    for (full, symbol) in symbols where symbol.isType {
      let short = full.split(separator: ".").last.map(String.init) ?? full
      let written = shortestName(for: full, in: scope)
      for spelling in [full, short, written] {
        candidates[spelling] = candidates[spelling].map { min($0, written) } ?? written
      }
    }
    return NameSuggestion.nearest(to: name, among: candidates.keys).flatMap { candidates[$0] }
  }

  private func shortestName(for full: String, in scope: String) -> String {
    var scope = Substring(scope)
    while !scope.isEmpty {
      if full.hasPrefix(scope + ".") { return String(full.dropFirst(scope.count + 1)) }
      scope = scope.lastIndex(of: ".").map { scope[..<$0] } ?? ""
    }
    return full
  }
}

/// Walks a descriptor and declares what it finds.
private struct Declarer {
  var table: SymbolTable
  let source: SourceInfo
  var bag: DiagnosticBag

  mutating func declare(_ file: Google_Protobuf_FileDescriptorProto) {
    declarePackage(file.package)
    let scope = file.package.isEmpty ? "" : file.package + "."
    for (i, message) in file.messageType.enumerated() { declare(message, scope, [FieldPath.File.message, Int32(i)]) }
    for (i, enumeration) in file.enumType.enumerated() {
      declare(enumeration, scope, [FieldPath.File.enumeration, Int32(i)])
    }
    for (i, service) in file.service.enumerated() { declare(service, scope, [FieldPath.File.service, Int32(i)]) }
  }

  private mutating func declarePackage(_ package: String) {
    var name = ""
    for part in package.split(separator: ".") {
      name += (name.isEmpty ? "" : ".") + part
      declare(name, .package, [FieldPath.File.package])
    }
  }

  private mutating func declare(_ message: Google_Protobuf_DescriptorProto, _ scope: String, _ path: DescriptorPath) {
    declare(scope + message.name, .message, path + [FieldPath.Message.name])
    let scope = scope + message.name + "."
    for (i, field) in message.field.enumerated() {
      declare(scope + field.name, .field, path + [FieldPath.Message.field, Int32(i), FieldPath.Field.name])
    }
    for (i, oneof) in message.oneofDecl.enumerated() {
      declare(scope + oneof.name, .oneof, path + [FieldPath.Message.oneof, Int32(i), FieldPath.Oneof.name])
    }
    for (i, nested) in message.nestedType.enumerated() {
      declare(nested, scope, path + [FieldPath.Message.nestedType, Int32(i)])
    }
    for (i, enumeration) in message.enumType.enumerated() {
      declare(enumeration, scope, path + [FieldPath.Message.enumeration, Int32(i)])
    }
  }

  /// The values of an enum are its siblings, as in C++: they live in the scope around it.
  private mutating func declare(
    _ enumeration: Google_Protobuf_EnumDescriptorProto, _ scope: String, _ path: DescriptorPath
  ) {
    declare(scope + enumeration.name, .enumeration, path + [FieldPath.Enumeration.name])
    for (i, value) in enumeration.value.enumerated() {
      declare(
        scope + value.name, .enumValue, path + [FieldPath.Enumeration.value, Int32(i), FieldPath.Value.name])
    }
  }

  private mutating func declare(
    _ service: Google_Protobuf_ServiceDescriptorProto, _ scope: String, _ path: DescriptorPath
  ) {
    declare(scope + service.name, .service, path + [FieldPath.Service.name])
    for (i, method) in service.method.enumerated() {
      declare(
        scope + service.name + "." + method.name, .method,
        path + [FieldPath.Service.method, Int32(i), FieldPath.Method.name])
    }
  }

  private mutating func declare(_ name: String, _ kind: Symbol.Kind, _ path: DescriptorPath) {
    let span = source.span(of: path)
    let place = "\(bag.file.displayPath):\((span?.start.line ?? 0) + 1)"
    guard let existing = table.declare(name, Symbol(kind: kind, file: bag.file.name, place: place)) else { return }
    let scoping = kind == .enumValue ? " (values of an enum belong to the scope around it)" : ""
    bag.error("“\(name)” is declared already, as \(existing.kind.article), at \(existing.place)\(scoping)", at: span)
  }
}

extension Symbol.Kind {
  fileprivate var article: String { (rawValue.hasPrefix("e") ? "an " : "a ") + rawValue }
}
