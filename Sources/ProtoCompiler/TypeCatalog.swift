// The types of one compilation, prepared on first use.
import SwiftProtobuf

/// Used by one thread, like the compiler that owns it.
final class TypeCatalog {
  var symbols = SymbolTable()
  private var files: [String: Google_Protobuf_FileDescriptorProto] = [:]
  private var sources: [String: (source: SourceInfo, displayPath: String)] = [:]
  private var messages: [String: MessageSchema] = [:]
  private var enums: [String: EnumSchema] = [:]
  /// The names in `messages` and `enums` by their file.
  private var readySchemas: [String: [String]] = [:]
  private var extensionNumbers: [String: String] = [:]
  /// The index of each declaration among its siblings, for scopes with many: by file, then by kind and scope.
  private var siblings: [String: [String: [String: Int]]] = [:]

  /// Adds a file whose types are linked. Adding it again replaces it, once its options are interpreted.
  func add(_ file: Google_Protobuf_FileDescriptorProto) {
    guard files.updateValue(file, forKey: file.name) != nil else { return }  // the second has the same declarations
    for name in readySchemas.removeValue(forKey: file.name) ?? [] {
      messages[name] = nil
      enums[name] = nil
    }
  }

  /// Records the positions of a file's parts.
  func add(_ source: SourceInfo, of file: SourceFile) { sources[file.name] = (source, file.displayPath) }

  /// The position of a declared name: `file:line`.
  func place(of name: String, _ symbol: Symbol) -> String? {
    guard let file = files[symbol.file], let (source, displayPath) = sources[symbol.file],
      let path = DescriptorWalk.path(of: name, symbol.kind, in: file)
    else { return nil }
    return "\(displayPath):\((source.span(of: path)?.start.line ?? 0) + 1)"
  }

  func file(_ name: String) -> Google_Protobuf_FileDescriptorProto? { files[name] }

  func descriptor(ofMessage name: String) -> Google_Protobuf_DescriptorProto? {
    guard let file = file(declaring: name, .message) else { return nil }
    return messages(named: name, in: file)?.last
  }

  func message(_ name: String) -> MessageSchema? {
    if let known = messages[name] { return known }
    guard let file = file(declaring: name, .message),
      let chain = messages(named: name, in: file), let message = chain.last
    else { return nil }
    let features = chain.reduce(ResolvedFeatures(of: file)) { $0.refined(by: $1) }
    let schema = MessageSchema(message, fullName: name, features: features, file: file.name)
    messages[name] = schema
    readySchemas[file.name, default: []].append(name)
    return schema
  }

  func enumeration(_ name: String) -> EnumSchema? {
    if let known = enums[name] { return known }
    if symbols[name] == nil, let common = CommonOptions.enums[name] { return common }
    guard let file = file(declaring: name, .enumeration) else { return nil }
    let (scope, last) = DescriptorWalk.split(name)
    let chain = scope == file.package ? [] : messages(named: scope, in: file) ?? []
    guard
      let enumeration = find(last, .enumeration, among: chain.last?.enumType ?? file.enumType, of: scope, file, \.name)
    else { return nil }
    let features = chain.reduce(ResolvedFeatures(of: file)) { $0.refined(by: $1) }
    let isClosed = features.refined(by: enumeration).enumType == .closed
    let schema = EnumSchema(fullName: name, isClosed: isClosed, values: enumeration.value)
    enums[name] = schema
    readySchemas[file.name, default: []].append(name)
    return schema
  }

  func `extension`(_ name: String) -> FieldSchema? {
    guard let file = file(declaring: name, .extension) else { return nil }
    let (scope, last) = DescriptorWalk.split(name)
    let chain = scope == file.package ? [] : messages(named: scope, in: file) ?? []
    guard let field = find(last, .extension, among: chain.last?.extension ?? file.extension, of: scope, file, \.name)
    else { return nil }
    let features = chain.reduce(ResolvedFeatures(of: file)) { $0.refined(by: $1) }
    return FieldSchema(
      field, fullName: name, container: String(field.extendee.drop { $0 == "." }),
      features: features.refined(by: field, in: nil), file: file.name)
  }

  /// A field that is not an extension, by its full name.
  func field(_ name: String) -> FieldSchema? {
    let (scope, last) = DescriptorWalk.split(name)
    return message(scope)?.field(named: last)
  }

  /// The extension that has claimed the number.
  func `extension`(_ number: Int32, of extendee: String) -> FieldSchema? {
    extensionNumbers["\(extendee) \(number)"].flatMap { `extension`($0) }
  }

  /// Claims the number of an extension; returns the extension of an earlier file that has it.
  func claim(_ number: Int32, of extendee: String, for name: String) -> String? {
    let key = "\(extendee) \(number)"
    if let owner = extensionNumbers[key] { return owner }
    extensionNumbers[key] = name
    return nil
  }

  /// Whether a declaration may be used in other files.
  func isExported(_ name: String, _ symbol: Symbol) -> Bool {
    guard let file = files[symbol.file], Edition(of: file) >= .edition2024 else { return true }
    let (scope, last) = DescriptorWalk.split(name)
    let chain = scope == file.package ? [] : messages(named: scope, in: file) ?? []
    let said: Visibility? =
      if symbol.kind == .message {
        find(last, .message, among: chain.last?.nestedType ?? file.messageType, of: scope, file, \.name)?.visibility
      } else {
        find(last, .enumeration, among: chain.last?.enumType ?? file.enumType, of: scope, file, \.name)?.visibility
      }
    switch said {
    case .visibilityExport: return true
    case .visibilityLocal: return false
    default: break
    }
    switch ResolvedFeatures(of: file).symbolVisibility {
    case .localAll, .strict: return false
    case .exportTopLevel: return chain.isEmpty
    default: return true
    }
  }

  /// The messages from the outermost down to the named one.
  private func messages(
    named name: String, in file: Google_Protobuf_FileDescriptorProto
  ) -> [Google_Protobuf_DescriptorProto]? {
    guard let parts = DescriptorWalk.localParts(of: name, in: file) else { return nil }
    var scope = file.package
    var found: [Google_Protobuf_DescriptorProto] = []
    for part in parts {
      let siblings = found.last?.nestedType ?? file.messageType
      guard let message = find(String(part), .message, among: siblings, of: scope, file, \.name) else { return nil }
      found.append(message)
      scope = scope.isEmpty ? String(part) : scope + "." + part
    }
    return found
  }

  /// A linear search over few siblings is faster than building a table; for many, one is built on first use.
  private func find<Declaration>(
    _ name: String, _ kind: Symbol.Kind, among declarations: [Declaration], of scope: String,
    _ file: Google_Protobuf_FileDescriptorProto, _ nameOf: (Declaration) -> String
  ) -> Declaration? {
    guard declarations.count > 16 else { return declarations.first { nameOf($0) == name } }
    let key = "\(kind.rawValue) \(scope)"
    if let index = siblings[file.name]?[key]?[name] { return declarations[index] }
    if siblings[file.name]?[key] != nil { return nil }
    let table = Dictionary(declarations.indices.map { (nameOf(declarations[$0]), $0) }) { first, _ in first }
    siblings[file.name, default: [:]][key] = table
    return table[name].map { declarations[$0] }
  }

  private func file(declaring name: String, _ kind: Symbol.Kind) -> Google_Protobuf_FileDescriptorProto? {
    guard let symbol = symbols[name] else {
      // Options have types even if no file of the compilation declares these.
      return name.hasPrefix("google.protobuf.") ? BuiltInOptions.file : nil
    }
    return symbol.kind == kind ? files[symbol.file] : nil
  }
}
