// Builds enums and services.
import SwiftProtobuf

extension DescriptorBuilder {
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
        enumeration.hasOptions = true
        option(syntax, path + [FieldPath.Enumeration.options])
      case .reserved(let syntax): add(syntax, to: &enumeration, path)
      }
    }
    return enumeration.descriptor(named: syntax.name.text, syntax.visibility)
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
    if bracketedOptions(syntax.options, path + [FieldPath.Value.options]) { value.options = .init() }
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
      source.record(path, reserved.span, reserved.comments)
      record(ranges, path, enumeration.reservedRange.count)
      enumeration.reservedRange += ranges.map { range in
        .with { ($0.start, $0.end) = (range.bounds.lowerBound, range.bounds.upperBound) }
      }
    }
  }

  // MARK: Services

  mutating func service(_ syntax: ServiceSyntax, _ path: DescriptorPath) -> Google_Protobuf_ServiceDescriptorProto {
    var service = Google_Protobuf_ServiceDescriptorProto()
    var methods: [Google_Protobuf_MethodDescriptorProto] = []
    service.name = syntax.name.text
    source.record(path, syntax.span, syntax.comments)
    source.record(path + [FieldPath.Service.name], syntax.name.span)
    for statement in syntax.statements {
      switch statement {
      case .method(let syntax):
        methods.append(method(syntax, path + [FieldPath.Service.method, Int32(methods.count)]))
      case .option(let syntax):
        service.options = .init()
        option(syntax, path + [FieldPath.Service.options])
      }
    }
    service.method = methods
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
      method.options = .init()  // braces are kept as options, even if empty
      for syntax in options { option(syntax, path + [FieldPath.Method.options]) }
    }
    return method
  }
}
