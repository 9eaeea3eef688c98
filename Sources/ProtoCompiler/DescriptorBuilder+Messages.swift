// Builds messages: their ranges, oneofs and nested declarations.
import SwiftProtobuf

extension DescriptorBuilder {
  mutating func message(_ syntax: MessageSyntax, _ path: DescriptorPath) -> Google_Protobuf_DescriptorProto {
    source.record(path, syntax.span, syntax.comments)
    source.record(path + [FieldPath.Message.name], syntax.name.span)
    return messageBody(syntax, path)
  }

  /// The content of a message whose position and name are recorded.
  mutating func messageBody(_ syntax: MessageSyntax, _ path: DescriptorPath) -> Google_Protobuf_DescriptorProto {
    var message = MessageDraft()
    let isMessageSet = syntax.isMessageSet
    for statement in syntax.statements { add(statement, to: &message, path, isMessageSet: isMessageSet) }
    if edition == .proto3 { addSyntheticOneofs(to: &message) }
    return message.descriptor(named: syntax.name.text, syntax.visibility)
  }

  private mutating func add(
    _ statement: MessageStatement, to message: inout MessageDraft, _ path: DescriptorPath, isMessageSet: Bool
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
      message.hasOptions = true
      option(syntax, path + [FieldPath.Message.options])
    case .reserved(let syntax): add(syntax, to: &message, path, isMessageSet)
    case .extensions(let syntax): add(syntax, to: &message, path, isMessageSet)
    case .extend(let syntax):
      let list = path + [FieldPath.Message.extension]
      source.record(list, syntax.span, syntax.comments)
      for field in syntax.fields {
        let fieldPath = list + [Int32(message.extension.count)]
        message.extension.append(
          self.extension(
            field, of: syntax.extendee, fieldPath, &message.nestedType, in: path + [FieldPath.Message.nestedType]))
      }
    }
  }

  // MARK: Ranges

  private mutating func add(
    _ reserved: ReservedSyntax, to message: inout MessageDraft, _ path: DescriptorPath, _ isMessageSet: Bool
  ) {
    switch reserved.kind {
    case .names(let names):
      record(names, path + [FieldPath.Message.reservedName], message.reservedName.count, reserved)
      message.reservedName += names.map(\.text)
    case .ranges(let ranges):
      let path = path + [FieldPath.Message.reservedRange]
      source.record(path, reserved.span, reserved.comments)
      record(ranges, path, message.reservedRange.count)
      message.reservedRange += ranges.map { range in
        .with { ($0.start, $0.end) = (range.bounds.lowerBound, range.end(inMessageSet: isMessageSet)) }
      }
    }
  }

  private mutating func add(
    _ extensions: ExtensionRangesSyntax, to message: inout MessageDraft, _ path: DescriptorPath, _ isMessageSet: Bool
  ) {
    let path = path + [FieldPath.Message.extensionRange]
    let count = message.extensionRange.count
    source.record(path, extensions.span, extensions.comments)
    record(extensions.ranges, path, count)
    for (index, range) in extensions.ranges.enumerated() {
      // The options after several ranges apply to each of them.
      let options = path + [Int32(count + index), FieldPath.ExtensionRange.options]
      let hasOptions = bracketedOptions(extensions.options, options)
      message.extensionRange.append(
        .with {
          ($0.start, $0.end) = (range.bounds.lowerBound, range.end(inMessageSet: isMessageSet))
          if hasOptions { $0.options = .init() }
        })
    }
  }

  // MARK: Oneofs

  private mutating func add(_ syntax: OneofSyntax, to message: inout MessageDraft, _ path: DescriptorPath) {
    let index = message.oneofDecl.count
    let oneofPath = path + [FieldPath.Message.oneof, Int32(index)]
    source.record(oneofPath, syntax.span, syntax.comments)
    source.record(oneofPath + [FieldPath.Oneof.name], syntax.name.span)
    message.oneofDecl.append(.with { $0.name = syntax.name.text })
    for statement in syntax.statements {
      switch statement {
      case .field(let syntax): add(syntax, to: &message, path, oneof: Int32(index))
      case .option(let syntax):
        message.oneofDecl[index].options = .init()
        option(syntax, oneofPath + [FieldPath.Oneof.options])
      }
    }
  }

  /// In the descriptor an `optional` field is the only member of a oneof of its own, after all real ones.
  private func addSyntheticOneofs(to message: inout MessageDraft) {
    guard message.field.contains(where: \.proto3Optional) else { return }
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

extension MessageSyntax {
  /// Determined before options are interpreted, since the numbers of extensions depend on it.
  fileprivate var isMessageSet: Bool {
    statements.contains { statement in
      guard case .option(let option) = statement, case .identifier("true") = option.value else { return false }
      return option.name.count == 1 && !option.name[0].isExtension && option.name[0].text == "message_set_wire_format"
    }
  }
}

extension ReservedSyntax.Range {
  /// The first number after the range. Message sets allow larger numbers than fields.
  fileprivate func end(inMessageSet: Bool) -> Int32 {
    guard isToMax else { return bounds.upperBound + 1 }
    return inMessageSet ? .max : FieldNumber.max + 1
  }
}
