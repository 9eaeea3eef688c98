// All names declared by the files of one compilation, and name resolution.
import SwiftProtobuf

struct Symbol {
  enum Kind: String {
    case package, message, enumeration = "enum", enumValue = "enum value", field, oneof, service, method
    case `extension`
  }

  var kind: Kind
  /// The name of the file that declares it; for a package, the first that does.
  var file: String

  var isType: Bool { kind == .message || kind == .enumeration }
  /// Whether names can be declared inside.
  var isScope: Bool { isType || kind == .package || kind == .service }
}

struct SymbolTable {
  enum Resolution {
    case found(name: String, Symbol)
    /// The name exists, in a file that is not imported.
    case notImported(name: String, Symbol)
    /// The first part of the name resolves to something that does not contain the rest.
    case shadowed(by: String)
    case unknown
  }

  private var symbols: [String: Symbol] = [:]
  /// The package of each file declared so far.
  private var packages: [String: String] = [:]

  subscript(name: String) -> Symbol? { symbols[name] }

  // MARK: Declaring

  /// - Parameter placeOf: the position of a name of an earlier file, as `file:line`.
  mutating func declareAll(
    in file: Google_Protobuf_FileDescriptorProto, _ source: SourceInfo,
    placeOf: @escaping (String, Symbol) -> String? = { _, _ in nil }, reportingTo bag: inout DiagnosticBag
  ) {
    var declarer = Declarer(self, file, source, placeOf, bag)
    self = SymbolTable()  // lets the declarer change the table in place
    declarer.run()
    self = declarer.table
    bag = declarer.bag
    packages[file.name] = file.package
  }

  /// Adds a name; returns an existing symbol with it.
  mutating func declare(_ name: String, _ symbol: Symbol) -> Symbol? {
    guard let existing = symbols.updateValue(symbol, forKey: name) else { return nil }
    symbols[name] = existing
    return existing.kind == .package && symbol.kind == .package ? nil : existing
  }

  // MARK: Looking up

  /// The kinds of symbol that a name may refer to.
  enum Target {
    case type
    /// For options: an extension, or a field by its full name.
    case `extension`
    /// For methods and extendees: any symbol, since the nearest one hides the others.
    case anything

    fileprivate func accepts(_ symbol: Symbol) -> Bool {
      switch self {
      case .type: symbol.isType
      case .extension: symbol.kind == .extension || symbol.kind == .field
      case .anything: true
      }
    }

    /// Whether the search for an undotted name ends here: a field does not hide a type, but does hide an extension.
    fileprivate func takesWhole(_ symbol: Symbol) -> Bool { self != .type || accepts(symbol) }
  }

  /// Resolves `name` inside the declaration `scope`: the innermost scope that knows its first part decides.
  func resolve(
    _ name: String, in scope: String, visibleFiles: Set<String>, as target: Target = .type
  ) -> Resolution {
    let dot = UInt8(ascii: ".")
    if name.utf8.first == dot { return resolve(full: String(name.dropFirst()), visibleFiles, target) }
    let isWhole = !name.utf8.contains(dot)
    let first = isWhole ? name : String(Substring(name.utf8.prefix { $0 != dot }))
    var hidden: Resolution = .unknown
    var scope = scope.isEmpty ? "" : scope + "."  // with a trailing dot, unless empty
    while true {
      let outer = scope + first
      if let head = symbols[outer] {
        let full = isWhole ? outer : scope + name
        if isVisible(outer, head, visibleFiles), isWhole ? target.takesWhole(head) : head.isScope {
          switch resolve(full: full, visibleFiles, target) {
          case .unknown: return .shadowed(by: outer)
          case .notImported(let name, let symbol): hidden = .notImported(name: name, symbol)
          case let resolution: return resolution
          }
        } else if let symbol = symbols[full], target.accepts(symbol), case .unknown = hidden {
          hidden = .notImported(name: full, symbol)
        }
      }
      guard !scope.isEmpty else { return hidden }
      scope.removeLast()
      scope = scope.utf8.lastIndex(of: dot).map { String(scope[...$0]) } ?? ""
    }
  }

  private func resolve(full name: String, _ visibleFiles: Set<String>, _ target: Target) -> Resolution {
    guard let symbol = symbols[name], target.accepts(symbol) else { return .unknown }
    return isVisible(name, symbol, visibleFiles) ? .found(name: name, symbol) : .notImported(name: name, symbol)
  }

  private func isVisible(_ name: String, _ symbol: Symbol, _ visibleFiles: Set<String>) -> Bool {
    guard symbol.kind == .package else { return visibleFiles.contains(symbol.file) }
    return visibleFiles.contains { file in
      packages[file].map { $0 == name || $0.hasPrefix(name + ".") } ?? false
    }
  }

  /// A suggestion for `name` inside `scope`, as it would be written there.
  func suggestion(for name: String, in scope: String, scalars: [String], as target: Target = .type) -> String? {
    var candidates: [String: String] = [:]  // how it could be written → what to write
    for scalar in scalars { candidates[scalar] = scalar }
    for (full, symbol) in symbols where target.accepts(symbol) {
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
