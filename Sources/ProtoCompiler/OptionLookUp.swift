// Finds the fields that option names refer to.
import SwiftProtobuf

/// The types and extensions of a compilation that are visible to one file.
struct OptionLookUp {
  let catalog: TypeCatalog
  let visibleFiles: Set<String>

  func message(_ name: String) -> MessageSchema? { catalog.message(name) }

  /// The use of an enum value that has rules.
  func use(of literal: Literal, for field: FieldSchema, at span: Span) -> OptionUse? {
    guard field.kind == .enum, case .identifier(let name) = literal,
      let rules = catalog.enumeration(field.typeName)?.rules(of: name)
    else { return nil }
    return OptionUse(name: "“\(name)” of “\(field.typeName)”", rules: rules, span: span)
  }

  /// An extension by its name as written inside the declaration `scope`.
  func `extension`(_ name: String, in scope: String) -> (resolution: SymbolTable.Resolution, field: FieldSchema?) {
    let resolution = catalog.symbols.resolve(name, in: scope, visibleFiles: visibleFiles, as: .extension)
    guard case .found(let full, let symbol) = resolution else { return (resolution, nil) }
    return (resolution, symbol.kind == .field ? catalog.field(full) : catalog.extension(full))
  }

  /// An extension by its name inside a value in braces, where the scope is that of the extended message.
  func textExtension(_ name: String, of type: MessageSchema) -> FieldSchema? {
    let scope = DescriptorWalk.split(type.fullName).scope
    if let field = self.extension(name, in: scope).field {
      return field.container == type.fullName ? field : nil
    }
    guard type.isMessageSet else { return nil }
    // An item of a message set may also be named after its type, which declares the extension inside itself.
    let resolution = catalog.symbols.resolve(name, in: scope, visibleFiles: visibleFiles)
    guard case .found(let full, _) = resolution, let message = catalog.descriptor(ofMessage: full) else { return nil }
    for field in message.extension where field.extendee == "." + type.fullName && field.typeName == "." + full {
      return catalog.extension(full + "." + field.name)
    }
    return nil
  }
}
