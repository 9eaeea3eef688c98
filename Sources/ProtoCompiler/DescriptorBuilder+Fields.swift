// Builds fields, including extensions, and the messages declared by groups and maps.
import SwiftProtobuf

extension DescriptorBuilder {
  mutating func add(_ syntax: FieldSyntax, to message: inout MessageDraft, _ path: DescriptorPath, oneof: Int32?) {
    let fieldPath = path + [FieldPath.Message.field, Int32(message.field.count)]
    source.record(fieldPath, syntax.span, syntax.comments)
    var field = field(syntax, fieldPath, &message.nestedType, in: path + [FieldPath.Message.nestedType])
    if let oneof { field.oneofIndex = oneof }
    message.field.append(field)
  }

  mutating func `extension`(
    _ syntax: FieldSyntax, of extendee: NameSyntax, _ path: DescriptorPath,
    _ siblings: inout [Google_Protobuf_DescriptorProto], in siblingsPath: DescriptorPath
  ) -> Google_Protobuf_FieldDescriptorProto {
    source.record(path, syntax.span, syntax.comments)
    source.record(path + [FieldPath.Field.extendee], extendee.span)
    var field = field(syntax, path, &siblings, in: siblingsPath)
    field.extendee = extendee.text
    return field
  }

  /// - Parameter siblings: receives the message of a group or of a map's entries.
  private mutating func field(
    _ syntax: FieldSyntax, _ path: DescriptorPath, _ siblings: inout [Google_Protobuf_DescriptorProto],
    in siblingsPath: DescriptorPath
  ) -> Google_Protobuf_FieldDescriptorProto {
    var field = Google_Protobuf_FieldDescriptorProto()
    field.name = syntax.group == nil ? syntax.name.text : syntax.name.text.lowercased()
    field.number = syntax.number
    field.label = .optional
    field.jsonName = JSONName.of(field: field.name)
    if let (label, span) = syntax.label {
      source.record(path + [FieldPath.Field.label], span)
      switch label {
      case .repeated: field.label = .repeated
      case .required: field.label = .required
      case .optional: if edition == .proto3 { field.proto3Optional = true }
      }
    }
    set(syntax.type, of: &field, path)
    source.record(path + [FieldPath.Field.name], syntax.name.span)
    source.record(path + [FieldPath.Field.number], syntax.numberSpan)
    if let options = syntax.options { add(options, to: &field, path) }
    if case .map(let key, let value) = syntax.type.kind {
      addMapEntry(key, value, for: syntax, &siblings, in: siblingsPath)
    } else if let group = syntax.group {
      add(group, of: &field, path, syntax.span, &siblings, in: siblingsPath)
    }
    return field
  }

  private mutating func set(
    _ type: TypeSyntax, of field: inout Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath
  ) {
    switch type.kind {
    case .scalar(let kind):
      field.type = kind
      source.record(path + [FieldPath.Field.type], type.span)
    case .named(let name):
      field.typeName = name
      source.record(path + [FieldPath.Field.typeName], type.span)
    case .map:
      field.label = .repeated
      field.typeName = MapEntry.name(field: field.name)
      source.record(path + [FieldPath.Field.typeName], type.span)
    }
  }

  private mutating func add(
    _ brackets: BracketedOptions, to field: inout Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath
  ) {
    source.record(path + [FieldPath.Field.options], brackets.span)
    var hasJSONName = false
    for entry in brackets.entries {
      switch entry {
      case .option(let syntax):
        field.options = .init()
        bracketedOption(syntax, path + [FieldPath.Field.options])
      case .jsonName(let name, let span):
        if hasJSONName { bag.error("the name in JSON is given twice", at: span) }
        hasJSONName = true
        field.jsonName = name.text
        source.record(path + [FieldPath.Field.jsonName], span)
        source.record(path + [FieldPath.Field.jsonName], name.span)
      case .defaultValue(let value):
        if field.hasDefaultValue { bag.error("the default value is given twice", at: value.span) }
        field.defaultValue = value.text
        source.record(path + [FieldPath.Field.defaultValue], value.span)
      }
    }
  }

  // MARK: Messages declared by fields

  private mutating func add(
    _ group: MessageSyntax, of field: inout Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath,
    _ span: Span, _ siblings: inout [Google_Protobuf_DescriptorProto], in siblingsPath: DescriptorPath
  ) {
    let groupPath = siblingsPath + [Int32(siblings.count)]
    source.record(groupPath, span, group.comments)
    source.record(groupPath + [FieldPath.Message.name], group.name.span)
    source.record(path + [FieldPath.Field.typeName], group.name.span)
    field.typeName = group.name.text
    siblings.append(messageBody(group, groupPath))
  }

  private mutating func addMapEntry(
    _ key: TypeSyntax, _ value: TypeSyntax, for field: FieldSyntax,
    _ siblings: inout [Google_Protobuf_DescriptorProto], in siblingsPath: DescriptorPath
  ) {
    let path = siblingsPath + [Int32(siblings.count)]
    source.note(path, field.type.span)
    var entry = MapEntry.message(named: MapEntry.name(field: field.name.text), key: key, value: value)
    for (index, type) in [key, value].enumerated() {
      source.note(path + [FieldPath.Message.field, Int32(index)], type.span)
    }
    // The field's features also apply to the key and the value.
    for case .option(let option) in field.options?.entries ?? [] where option.name.first?.isFeatures ?? false {
      for index in entry.field.indices {
        entry.field[index].options = .init()
        _ = options.append(option, at: path + [FieldPath.Message.field, Int32(index), FieldPath.Field.options])
      }
    }
    siblings.append(entry)
  }
}

extension OptionSyntax.NamePart {
  /// Whether an option that begins with this part sets features.
  var isFeatures: Bool { !isExtension && text == "features" }
}

/// The entry message that represents a map on the wire.
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
      case .map: break  // rejected by the parser
      }
    }
  }
}

/// The default JSON name of a field.
enum JSONName {
  static func of(field name: String) -> String { camelCase(name, uppercasingFirst: false) }

  /// Drops underscores and capitalises the letter after each.
  static func camelCase(_ name: String, uppercasingFirst: Bool) -> String {
    guard uppercasingFirst || name.utf8.contains(UInt8(ascii: "_")) else { return name }
    var result: [UInt8] = []
    result.reserveCapacity(name.utf8.count)
    var raisesNext = uppercasingFirst
    for byte in name.utf8 {
      if byte == UInt8(ascii: "_") {
        raisesNext = true
      } else {
        let isLowercase = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        result.append(raisesNext && isLowercase ? byte - 0x20 : byte)
        raisesNext = false
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
