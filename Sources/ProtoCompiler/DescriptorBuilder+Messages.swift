// The builder's part for messages: fields, oneofs, and the entries that maps stand for.
import SwiftProtobuf

extension DescriptorBuilder {
  mutating func message(_ syntax: MessageSyntax, _ path: DescriptorPath) -> Google_Protobuf_DescriptorProto {
    var message = MessageDraft()
    source.record(path, syntax.span, syntax.comments)
    source.record(path + [FieldPath.Message.name], syntax.name.span)
    for statement in syntax.statements { add(statement, to: &message, path) }
    addSyntheticOneofs(to: &message)
    return message.descriptor(named: syntax.name.text)
  }

  private mutating func add(
    _ statement: MessageStatement, to message: inout MessageDraft, _ path: DescriptorPath
  ) {
    switch statement {
    case .field(let syntax): add(syntax, to: &message, path, oneof: nil)
    case .oneof(let syntax): add(syntax, to: &message, path)
    case .message(let syntax):
      message.nestedType.append(
        self.message(syntax, path + [FieldPath.Message.nestedType, Int32(message.nestedType.count)]))
    case .enumeration(let syntax):
      message.enumType.append(
        enumeration(syntax, path + [FieldPath.Message.enumeration, Int32(message.enumType.count)]))
    case .option(let syntax):
      message.options.append(option(syntax, path + [FieldPath.Message.options], message.options.count))
    case .reserved(let syntax): add(syntax, to: &message, path)
    }
  }

  private mutating func add(
    _ reserved: ReservedSyntax, to message: inout MessageDraft, _ path: DescriptorPath
  ) {
    switch reserved.kind {
    case .names(let names):
      record(names, path + [FieldPath.Message.reservedName], message.reservedName.count, reserved)
      message.reservedName += names.map(\.text)
    case .ranges(let ranges):
      record(ranges, path + [FieldPath.Message.reservedRange], message.reservedRange.count, reserved)
      // The end is exclusive here, unlike in an enum; it cannot overflow, field numbers having 29 bits.
      message.reservedRange += ranges.map { range in
        .with { ($0.start, $0.end) = (range.bounds.lowerBound, range.bounds.upperBound + 1) }
      }
    }
  }

  private mutating func add(
    _ syntax: OneofSyntax, to message: inout MessageDraft, _ path: DescriptorPath
  ) {
    let index = message.oneofDecl.count
    let oneofPath = path + [FieldPath.Message.oneof, Int32(index)]
    source.record(oneofPath, syntax.span, syntax.comments)
    source.record(oneofPath + [FieldPath.Oneof.name], syntax.name.span)
    message.oneofDecl.append(.with { $0.name = syntax.name.text })
    var options: [Google_Protobuf_UninterpretedOption] = []
    for statement in syntax.statements {
      switch statement {
      case .field(let syntax): add(syntax, to: &message, path, oneof: Int32(index))
      case .option(let syntax):
        options.append(option(syntax, oneofPath + [FieldPath.Oneof.options], options.count))
      }
    }
    if !options.isEmpty { message.oneofDecl[index].options.uninterpretedOption = options }
  }

  // MARK: Fields

  private mutating func add(
    _ syntax: FieldSyntax, to message: inout MessageDraft, _ path: DescriptorPath, oneof: Int32?
  ) {
    let fieldPath = path + [FieldPath.Message.field, Int32(message.field.count)]
    source.record(fieldPath, syntax.span, syntax.comments)
    var field = Google_Protobuf_FieldDescriptorProto()
    field.name = syntax.name.text
    field.number = syntax.number
    field.label = .optional
    field.jsonName = JSONName.of(field: syntax.name.text)
    if let oneof { field.oneofIndex = oneof }
    if let (label, span) = syntax.label {
      source.record(fieldPath + [FieldPath.Field.label], span)
      if label == .repeated { field.label = .repeated } else { field.proto3Optional = true }
    }
    set(syntax.type, of: &field, in: &message, path, fieldPath)
    source.record(fieldPath + [FieldPath.Field.name], syntax.name.span)
    source.record(fieldPath + [FieldPath.Field.number], syntax.numberSpan)
    if let options = syntax.options { add(options, to: &field, fieldPath) }
    message.field.append(field)
  }

  private mutating func set(
    _ type: TypeSyntax, of field: inout Google_Protobuf_FieldDescriptorProto,
    in message: inout MessageDraft, _ path: DescriptorPath, _ fieldPath: DescriptorPath
  ) {
    switch type.kind {
    case .scalar(let kind):
      field.type = kind
      source.record(fieldPath + [FieldPath.Field.type], type.span)
    case .named(let name):
      field.typeName = name
      source.record(fieldPath + [FieldPath.Field.typeName], type.span)
    case .map(let key, let value):
      field.label = .repeated
      source.record(fieldPath + [FieldPath.Field.typeName], type.span)
      field.typeName = MapEntry.name(field: field.name)
      let entryPath = path + [FieldPath.Message.nestedType, Int32(message.nestedType.count)]
      for (index, type) in [key, value].enumerated() {
        source.note(entryPath + [FieldPath.Message.field, Int32(index)], type.span)
      }
      source.note(entryPath, type.span)
      message.nestedType.append(MapEntry.message(named: field.typeName, key: key, value: value))
    }
  }

  private mutating func add(
    _ brackets: BracketedOptions, to field: inout Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath
  ) {
    source.record(path + [FieldPath.Field.options], brackets.span)
    var options: [Google_Protobuf_UninterpretedOption] = []
    var hasJSONName = false
    for entry in brackets.entries {
      switch entry {
      case .option(let syntax):
        options.append(bracketedOption(syntax, path + [FieldPath.Field.options], options.count))
      case .jsonName(let name, let span):
        if hasJSONName { bag.error("the name in JSON is given twice", at: span) }
        hasJSONName = true
        field.jsonName = name.text
        source.record(path + [FieldPath.Field.jsonName], span)
        source.record(path + [FieldPath.Field.jsonName], name.span)
      }
    }
    if !options.isEmpty { field.options.uninterpretedOption = options }
  }

  /// A field that is `optional` is to the descriptor the one member of a oneof of its own, after all real ones.
  private func addSyntheticOneofs(to message: inout MessageDraft) {
    var names = Set(message.field.map(\.name) + message.oneofDecl.map(\.name))
    for index in message.field.indices where message.field[index].proto3Optional {
      let field = message.field[index].name
      var name = field.hasPrefix("_") ? field : "_" + field
      while !names.insert(name).inserted { name = "X" + name }
      message.field[index].oneofIndex = Int32(message.oneofDecl.count)
      message.oneofDecl.append(.with { $0.name = name })
    }
  }
}

/// The message that an entry of a map is on the wire.
enum MapEntry {
  /// `map<…> some_field` → `SomeFieldEntry`.
  static func name(field: String) -> String { JSONName.camelCase(field, uppercasingFirst: true) + "Entry" }

  static func message(named name: String, key: TypeSyntax, value: TypeSyntax) -> Google_Protobuf_DescriptorProto {
    .with {
      $0.name = name
      $0.options.mapEntry = true
      $0.field = [field("key", 1, key), field("value", 2, value)]
    }
  }

  private static func field(
    _ name: String, _ number: Int32, _ type: TypeSyntax
  ) -> Google_Protobuf_FieldDescriptorProto {
    .with {
      $0.name = name
      $0.number = number
      $0.label = .optional
      $0.jsonName = name
      switch type.kind {
      case .scalar(let kind): $0.type = kind
      case .named(let name): $0.typeName = name
      case .map: break  // the parser has refused it
      }
    }
  }
}

/// The name that a field has in JSON unless its author gives another.
enum JSONName {
  static func of(field name: String) -> String { camelCase(name, uppercasingFirst: false) }

  /// Drops the underscores and raises the letter after each.
  static func camelCase(_ name: String, uppercasingFirst: Bool) -> String {
    var result = ""
    var raisesNext = uppercasingFirst
    for character in name {
      if character == "_" {
        raisesNext = true
      } else {
        result += raisesNext ? character.uppercased() : String(character)
        raisesNext = false
      }
    }
    return result
  }
}
