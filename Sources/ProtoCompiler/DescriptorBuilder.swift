// Turns a syntax tree into a descriptor, as far as one file alone decides it: types are names still, options unread.
import Foundation
import SwiftProtobuf

/// Walks a file's declarations in their order, so that places come out in the order of the file.
struct DescriptorBuilder {
  var source = SourceInfo()
  var bag: DiagnosticBag

  /// The descriptor of `file`, named as `bag.file` is.
  static func build(
    _ file: FileSyntax, reportingTo bag: inout DiagnosticBag
  ) -> (descriptor: Google_Protobuf_FileDescriptorProto, source: SourceInfo) {
    var builder = DescriptorBuilder(bag: bag)
    let descriptor = builder.file(file)
    bag = builder.bag
    return (descriptor, builder.source)
  }

  private mutating func file(_ syntax: FileSyntax) -> Google_Protobuf_FileDescriptorProto {
    var file = Google_Protobuf_FileDescriptorProto()
    file.name = bag.file.name
    source.record([], syntax.span)
    if let declaration = syntax.syntax {
      file.syntax = declaration.version
      source.record([FieldPath.File.syntax], declaration.span, declaration.comments)
    }
    var options: [Google_Protobuf_UninterpretedOption] = []
    for statement in syntax.statements { add(statement, to: &file, &options) }
    if !options.isEmpty { file.options.uninterpretedOption = options }
    return file
  }

  private mutating func add(
    _ statement: FileStatement, to file: inout Google_Protobuf_FileDescriptorProto,
    _ options: inout [Google_Protobuf_UninterpretedOption]
  ) {
    switch statement {
    case .package(let package):
      if file.hasPackage { bag.error("a file belongs to one package; it was declared above", at: package.span) }
      file.package = package.name.text
      source.record([FieldPath.File.package], package.span, package.comments)
    case .import(let statement): add(statement, to: &file)
    case .option(let syntax): options.append(option(syntax, [FieldPath.File.options], options.count))
    case .message(let syntax):
      file.messageType.append(message(syntax, [FieldPath.File.message, Int32(file.messageType.count)]))
    case .enumeration(let syntax):
      file.enumType.append(enumeration(syntax, [FieldPath.File.enumeration, Int32(file.enumType.count)]))
    case .service(let syntax):
      file.service.append(service(syntax, [FieldPath.File.service, Int32(file.service.count)]))
    }
  }

  private mutating func add(_ statement: ImportSyntax, to file: inout Google_Protobuf_FileDescriptorProto) {
    let index = Int32(file.dependency.count)
    source.record([FieldPath.File.dependency, index], statement.span, statement.comments)
    if file.dependency.contains(statement.file.text) {
      bag.error("“\(statement.file.text)” is imported twice", at: statement.file.span)
    }
    file.dependency.append(statement.file.text)
    switch statement.modifier {
    case (.public, let span)?:
      source.record([FieldPath.File.publicDependency, Int32(file.publicDependency.count)], span)
      file.publicDependency.append(index)
    case (.weak, let span)?:
      source.record([FieldPath.File.weakDependency, Int32(file.weakDependency.count)], span)
      file.weakDependency.append(index)
    case nil: break
    }
  }

  // MARK: Enums

  mutating func enumeration(_ syntax: EnumSyntax, _ path: DescriptorPath) -> Google_Protobuf_EnumDescriptorProto {
    var enumeration = EnumDraft()
    source.record(path, syntax.span, syntax.comments)
    source.record(path + [FieldPath.Enumeration.name], syntax.name.span)
    for statement in syntax.statements {
      switch statement {
      case .value(let syntax):
        enumeration.value.append(
          value(syntax, path + [FieldPath.Enumeration.value, Int32(enumeration.value.count)]))
      case .option(let syntax):
        enumeration.options.append(
          option(syntax, path + [FieldPath.Enumeration.options], enumeration.options.count))
      case .reserved(let syntax): add(syntax, to: &enumeration, path)
      }
    }
    return enumeration.descriptor(named: syntax.name.text)
  }

  private mutating func value(
    _ syntax: EnumValueSyntax, _ path: DescriptorPath
  ) -> Google_Protobuf_EnumValueDescriptorProto {
    var value = Google_Protobuf_EnumValueDescriptorProto()
    value.name = syntax.name.text
    value.number = syntax.number
    source.record(path, syntax.span, syntax.comments)
    source.record(path + [FieldPath.Value.name], syntax.name.span)
    source.record(path + [FieldPath.Value.number], syntax.numberSpan)
    if let brackets = syntax.options {
      source.record(path + [FieldPath.Value.options], brackets.span)
      var options: [Google_Protobuf_UninterpretedOption] = []
      for case .option(let syntax) in brackets.entries {
        options.append(bracketedOption(syntax, path + [FieldPath.Value.options], options.count))
      }
      value.options.uninterpretedOption = options
    }
    return value
  }

  private mutating func add(
    _ reserved: ReservedSyntax, to enumeration: inout EnumDraft, _ path: DescriptorPath
  ) {
    switch reserved.kind {
    case .names(let names):
      let path = path + [FieldPath.Enumeration.reservedName]
      record(names, path, enumeration.reservedName.count, reserved)
      enumeration.reservedName += names.map(\.text)
    case .ranges(let ranges):
      let path = path + [FieldPath.Enumeration.reservedRange]
      record(ranges, path, enumeration.reservedRange.count, reserved)
      enumeration.reservedRange += ranges.map { range in
        .with { ($0.start, $0.end) = (range.bounds.lowerBound, range.bounds.upperBound) }
      }
    }
  }

  // MARK: Services

  private mutating func service(
    _ syntax: ServiceSyntax, _ path: DescriptorPath
  ) -> Google_Protobuf_ServiceDescriptorProto {
    var service = Google_Protobuf_ServiceDescriptorProto()
    service.name = syntax.name.text
    source.record(path, syntax.span, syntax.comments)
    source.record(path + [FieldPath.Service.name], syntax.name.span)
    var options: [Google_Protobuf_UninterpretedOption] = []
    for statement in syntax.statements {
      switch statement {
      case .method(let syntax):
        service.method.append(method(syntax, path + [FieldPath.Service.method, Int32(service.method.count)]))
      case .option(let syntax):
        options.append(option(syntax, path + [FieldPath.Service.options], options.count))
      }
    }
    if !options.isEmpty { service.options.uninterpretedOption = options }
    return service
  }

  private mutating func method(
    _ syntax: MethodSyntax, _ path: DescriptorPath
  ) -> Google_Protobuf_MethodDescriptorProto {
    var method = Google_Protobuf_MethodDescriptorProto()
    method.name = syntax.name.text
    method.inputType = syntax.input.name.text
    method.outputType = syntax.output.name.text
    source.record(path, syntax.span, syntax.comments)
    source.record(path + [FieldPath.Method.name], syntax.name.span)
    if let stream = syntax.input.stream {
      method.clientStreaming = true
      source.record(path + [FieldPath.Method.clientStreaming], stream)
    }
    source.record(path + [FieldPath.Method.inputType], syntax.input.name.span)
    if let stream = syntax.output.stream {
      method.serverStreaming = true
      source.record(path + [FieldPath.Method.serverStreaming], stream)
    }
    source.record(path + [FieldPath.Method.outputType], syntax.output.name.span)
    if let options = syntax.options {
      // Braces are kept as options, empty ones too.
      method.options.uninterpretedOption = options.enumerated().map { index, syntax in
        option(syntax, path + [FieldPath.Method.options], index)
      }
    }
    return method
  }

  // MARK: Options and reserved words

  /// An option that is a statement: the statement is also the place of the options as a whole.
  mutating func option(
    _ syntax: OptionSyntax, _ path: DescriptorPath, _ index: Int
  ) -> Google_Protobuf_UninterpretedOption {
    source.record(path, syntax.span)
    return bracketedOption(syntax, path, index)
  }

  mutating func bracketedOption(
    _ syntax: OptionSyntax, _ path: DescriptorPath, _ index: Int
  ) -> Google_Protobuf_UninterpretedOption {
    let path = path + [FieldPath.uninterpretedOption, Int32(index)]
    source.record(path, syntax.span, syntax.comments)
    source.note(path + [OptionInterpreter.valuePath], syntax.valueSpan)
    if let first = syntax.name.first, let last = syntax.name.last {
      source.note(path + [OptionInterpreter.namePath], Span(start: first.span.start, end: last.span.end))
    }
    return syntax.uninterpreted
  }

  mutating func record(_ names: [NameSyntax], _ path: DescriptorPath, _ count: Int, _ reserved: ReservedSyntax) {
    source.record(path, reserved.span, reserved.comments)
    for (index, name) in names.enumerated() { source.record(path + [Int32(count + index)], name.span) }
  }

  mutating func record(
    _ ranges: [ReservedSyntax.Range], _ path: DescriptorPath, _ count: Int, _ reserved: ReservedSyntax
  ) {
    source.record(path, reserved.span, reserved.comments)
    for (index, range) in ranges.enumerated() {
      let path = path + [Int32(count + index)]
      source.record(path, range.span)
      source.record(path + [FieldPath.Range.start], range.startSpan)
      source.record(path + [FieldPath.Range.end], range.endSpan)
    }
  }
}

extension OptionSyntax {
  fileprivate var uninterpreted: Google_Protobuf_UninterpretedOption {
    .with {
      $0.name = name.map { part in
        .with { ($0.namePart, $0.isExtension) = (part.text, part.isExtension) }
      }
      switch value {
      case .identifier(let text): $0.identifierValue = text
      case .positiveInteger(let value): $0.positiveIntValue = value
      case .negativeInteger(let value): $0.negativeIntValue = value
      case .double(let value): $0.doubleValue = value
      case .string(let bytes): $0.stringValue = .init(bytes)
      case .aggregate(let text): $0.aggregateValue = text
      }
    }
  }
}
