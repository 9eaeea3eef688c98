// Gives options their meaning: from a name and a value as written to a field of the options message.
import SwiftProtobuf

/// Walks one linked descriptor. Every option becomes bytes on the wire that its options message reads, which is also
/// how an option of a type known only from a schema can be kept.
struct OptionInterpreter {
  /// Below the path of an option as written, where its value and its name were; no field has these numbers.
  static let valuePath: Int32 = -1
  static let namePath: Int32 = -2

  private let source: SourceInfo
  private var bag: DiagnosticBag
  private var interpretedPaths: [DescriptorPath: DescriptorPath] = [:]

  /// Interprets all options of `file` and moves their places in `source` to where their fields are.
  static func interpret(
    _ file: inout Google_Protobuf_FileDescriptorProto, _ source: inout SourceInfo, reportingTo bag: inout DiagnosticBag
  ) {
    var interpreter = OptionInterpreter(source: source, bag: bag)
    interpreter.interpret(&file)
    source.interpret(interpreter.interpretedPaths)
    bag = interpreter.bag
  }

  private init(source: SourceInfo, bag: DiagnosticBag) { (self.source, self.bag) = (source, bag) }

  // MARK: All declarations of a file

  private mutating func interpret(_ file: inout Google_Protobuf_FileDescriptorProto) {
    if file.hasOptions { interpret(&file.options, [FieldPath.File.options]) }
    file.messageType.updateEach { interpret(&$1, [FieldPath.File.message, $0]) }
    file.enumType.updateEach { interpret(&$1, [FieldPath.File.enumeration, $0]) }
    file.service.updateEach { interpret(&$1, [FieldPath.File.service, $0]) }
  }

  private mutating func interpret(_ message: inout Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    if message.hasOptions { interpret(&message.options, path + [FieldPath.Message.options]) }
    message.field.updateEach { index, field in
      guard field.hasOptions else { return }
      interpret(&field.options, path + [FieldPath.Message.field, index, FieldPath.Field.options])
    }
    message.oneofDecl.updateEach { index, oneof in
      guard oneof.hasOptions else { return }
      interpret(&oneof.options, path + [FieldPath.Message.oneof, index, FieldPath.Oneof.options])
    }
    message.nestedType.updateEach { interpret(&$1, path + [FieldPath.Message.nestedType, $0]) }
    message.enumType.updateEach { interpret(&$1, path + [FieldPath.Message.enumeration, $0]) }
  }

  private mutating func interpret(_ enumeration: inout Google_Protobuf_EnumDescriptorProto, _ path: DescriptorPath) {
    if enumeration.hasOptions { interpret(&enumeration.options, path + [FieldPath.Enumeration.options]) }
    enumeration.value.updateEach { index, value in
      guard value.hasOptions else { return }
      interpret(&value.options, path + [FieldPath.Enumeration.value, index, FieldPath.Value.options])
    }
  }

  private mutating func interpret(_ service: inout Google_Protobuf_ServiceDescriptorProto, _ path: DescriptorPath) {
    if service.hasOptions { interpret(&service.options, path + [FieldPath.Service.options]) }
    service.method.updateEach { index, method in
      guard method.hasOptions else { return }
      interpret(&method.options, path + [FieldPath.Service.method, index, FieldPath.Method.options])
    }
  }

  // MARK: The options of one declaration

  private mutating func interpret<Options: OptionsMessage>(_ options: inout Options, _ path: DescriptorPath) {
    var counts: [Int32: Int32] = [:]
    for (index, option) in options.uninterpretedOption.enumerated() {
      let optionPath = path + [FieldPath.uninterpretedOption, Int32(index)]
      guard let known = find(option, Options.schema, optionPath) else { continue }
      let count = counts[known.number, default: 0]
      if count > 0, !known.isRepeated {
        bag.error("option “\(option.displayName)” is set twice", at: source.span(of: optionPath))
        continue
      }
      set(known, to: option, of: &options, optionPath)
      interpretedPaths[optionPath] = path + [known.number] + (known.isRepeated ? [count] : [])
      counts[known.number] = count + 1
    }
    options.uninterpretedOption = []
  }

  private mutating func find(
    _ option: Google_Protobuf_UninterpretedOption, _ schema: OptionSchema, _ path: DescriptorPath
  ) -> OptionSchema.Option? {
    let place = source.span(of: path + [Self.namePath])
    if let custom = option.name.first(where: \.isExtension) {
      bag.error("the custom option “(\(custom.namePart))” is not supported yet", at: place)
      return nil
    }
    guard let name = option.name.first?.namePart else { return nil }
    guard let known = schema.options[name] else {
      let hint = NameSuggestion.hint(for: name, among: schema.options.keys)
      bag.error("\(schema.subject) has no option “\(name)”\(hint)", at: place)
      return nil
    }
    if case .unsupported = known.kind {
      bag.error("the option “\(option.displayName)” is not supported yet", at: place)
      return nil
    }
    if option.name.count > 1 {
      bag.error("the option “\(name)” has no parts", at: place)
      return nil
    }
    return known
  }

  private mutating func set<Options: OptionsMessage>(
    _ known: OptionSchema.Option, to option: Google_Protobuf_UninterpretedOption, of options: inout Options,
    _ path: DescriptorPath
  ) {
    var wire = WireBytes()
    switch known.kind {
    case .bool:
      guard let value = ["true": true, "false": false][option.identifierValue], option.hasIdentifierValue else {
        return reject(option, path, expected: "true or false")
      }
      wire.appendVarint(field: known.number, value ? 1 : 0)
    case .enumeration(let values):
      guard option.hasIdentifierValue, let value = values[option.identifierValue] else {
        let names = values.sorted { $0.value < $1.value }.map(\.key).joined(separator: ", ")
        return reject(option, path, expected: "one of \(names)")
      }
      wire.appendVarint(field: known.number, UInt64(value))
    case .string:
      guard option.hasStringValue else { return reject(option, path, expected: "a string") }
      wire.append(field: known.number, option.stringValue)
    case .unsupported: return
    }
    do {
      try options.merge(serializedBytes: wire.bytes, extensions: nil, partial: true)
    } catch {
      reject(option, path, expected: "a string in UTF-8")
    }
  }

  private mutating func reject(
    _ option: Google_Protobuf_UninterpretedOption, _ path: DescriptorPath, expected: String
  ) {
    bag.error("option “\(option.displayName)” takes \(expected)", at: source.span(of: path + [Self.valuePath]))
  }
}

extension Google_Protobuf_UninterpretedOption {
  fileprivate var displayName: String {
    name.map { $0.isExtension ? "(\($0.namePart))" : $0.namePart }.joined(separator: ".")
  }
}

/// Fields as they stand on the wire.
private struct WireBytes {
  private(set) var bytes: [UInt8] = []

  mutating func appendVarint(field: Int32, _ value: UInt64) {
    varint(UInt64(UInt32(bitPattern: field)) << 3)
    varint(value)
  }

  mutating func append(field: Int32, _ content: some Collection<UInt8>) {
    varint(UInt64(UInt32(bitPattern: field)) << 3 | 2)
    varint(UInt64(content.count))
    bytes += content
  }

  private mutating func varint(_ value: UInt64) {
    var value = value
    while value > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: value))
  }
}
