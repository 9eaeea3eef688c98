// The rules of proto3 that a linked file must keep, beyond what its grammar and its names demand.
import SwiftProtobuf

/// Walks one linked descriptor and reports what breaks a rule.
struct Validator {
  let source: SourceInfo
  var bag: DiagnosticBag

  static func validate(
    _ file: Google_Protobuf_FileDescriptorProto, _ source: SourceInfo, reportingTo bag: inout DiagnosticBag
  ) {
    var validator = Validator(source: source, bag: bag)
    for (i, message) in file.messageType.enumerated() {
      validator.validate(message, [FieldPath.File.message, Int32(i)])
    }
    for (i, enumeration) in file.enumType.enumerated() {
      validator.validate(enumeration, [FieldPath.File.enumeration, Int32(i)])
    }
    bag = validator.bag
  }

  mutating func error(_ message: String, _ path: DescriptorPath) { bag.error(message, at: source.span(of: path)) }

  // MARK: Messages

  private mutating func validate(_ message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    validateOptions(of: message, path)
    validateReserved(message, path)
    validateFieldNumbers(of: message, path)
    validateJSONNames(of: message, path)
    validateOneofs(of: message, path)
    for (i, field) in message.field.enumerated() { validate(field, path + [FieldPath.Message.field, Int32(i)]) }
    for (i, nested) in message.nestedType.enumerated() {
      let path = path + [FieldPath.Message.nestedType, Int32(i)]
      nested.options.mapEntry ? validateMapEntry(nested, path) : validate(nested, path)
    }
    for (i, enumeration) in message.enumType.enumerated() {
      validate(enumeration, path + [FieldPath.Message.enumeration, Int32(i)])
    }
  }

  private mutating func validateOptions(of message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    if message.options.hasMapEntry {
      error(
        "map_entry is not for schemas to set: declare a field of type map<…, …>", path + [FieldPath.Message.options])
    }
    if message.options.messageSetWireFormat {
      error("proto3 has no message sets", path + [FieldPath.Message.options])
    }
  }

  private mutating func validateReserved(_ message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    let ranges = message.reservedRange.map { $0.start...max($0.start, $0.end - 1) }
    validateRanges(ranges, path + [FieldPath.Message.reservedRange])
    validateNames(message.reservedName, path + [FieldPath.Message.reservedName])
  }

  private mutating func validateFieldNumbers(of message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    let reserved = ReservedSet(
      ranges: message.reservedRange.map { $0.start...max($0.start, $0.end - 1) }, names: message.reservedName)
    var owners: [Int32: String] = [:]
    for (i, field) in message.field.enumerated() {
      let path = path + [FieldPath.Message.field, Int32(i)]
      if let owner = owners[field.number] {
        error("number \(field.number) belongs to field “\(owner)” already", path + [FieldPath.Field.number])
      }
      owners[field.number] = owners[field.number] ?? field.name
      if reserved.contains(field.number) {
        error("number \(field.number) is reserved", path + [FieldPath.Field.number])
      }
      if reserved.contains(field.name) { error("“\(field.name)” is reserved", path + [FieldPath.Field.name]) }
      if FieldNumber.reservedForImplementations.contains(field.number) {
        let range = FieldNumber.reservedForImplementations
        error(
          "numbers \(range.lowerBound) to \(range.upperBound) are kept for implementations of protocol buffers",
          path + [FieldPath.Field.number])
      }
    }
  }

  private mutating func validateJSONNames(of message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    guard !message.options.deprecatedLegacyJsonFieldConflicts else { return }
    var owners: [String: String] = [:]
    for (i, field) in message.field.enumerated() {
      let path = path + [FieldPath.Message.field, Int32(i)]
      if field.jsonName.hasPrefix("["), field.jsonName.hasSuffix("]") {
        error("a name in JSON cannot stand in brackets", path + [FieldPath.Field.jsonName])
      }
      if let owner = owners[field.jsonName], owner != field.name {
        let isGiven = field.jsonName != JSONName.of(field: field.name)
        error(
          "“\(field.jsonName)” is the name in JSON of field “\(owner)” already",
          path + [isGiven ? FieldPath.Field.jsonName : FieldPath.Field.name])
      }
      owners[field.jsonName] = owners[field.jsonName] ?? field.name
    }
  }

  private mutating func validateOneofs(of message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    let used = Set(message.field.filter(\.hasOneofIndex).map(\.oneofIndex))
    for (i, oneof) in message.oneofDecl.enumerated() where !used.contains(Int32(i)) {
      error("oneof “\(oneof.name)” has no member", path + [FieldPath.Message.oneof, Int32(i), FieldPath.Oneof.name])
    }
  }

  private mutating func validateMapEntry(_ entry: Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    guard let key = entry.field.first else { return }
    switch key.type {
    case .double, .float, .bytes, .enum, .message, .group:
      error("the key of a map is an integer, a bool or a string", path + [FieldPath.Message.field, 0])
    default: break
    }
  }

  private mutating func validate(_ field: Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath) {
    guard field.hasOptions else { return }
    let options = field.options
    let path = path + [FieldPath.Field.options]
    if options.packed, field.label != .repeated || !field.type.isPackable {
      error("only a repeated field of numbers, bools or enums can be packed", path)
    }
    if options.lazy || options.unverifiedLazy, field.type != .message {
      error("only a field of a message type can be lazy", path)
    }
    if options.hasJstype, options.jstype != .jsNormal, !field.type.has64Bits {
      error("jstype is for integers of 64 bits", path)
    }
  }
}

/// What a message or an enum keeps free.
struct ReservedSet {
  private let ranges: [ClosedRange<Int32>]
  private let names: Set<String>

  init(ranges: [ClosedRange<Int32>], names: [String]) {
    self.ranges = ranges.sorted { $0.lowerBound < $1.lowerBound }
    self.names = Set(names)
  }

  func contains(_ name: String) -> Bool { names.contains(name) }

  /// By halving: a hostile schema may have very many ranges. They do not overlap, or that was reported before.
  func contains(_ number: Int32) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(number)
  }
}

extension FieldKind {
  fileprivate var isPackable: Bool {
    switch self {
    case .string, .bytes, .message, .group: false
    default: true
    }
  }

  fileprivate var has64Bits: Bool {
    switch self {
    case .int64, .uint64, .sint64, .fixed64, .sfixed64: true
    default: false
    }
  }
}
