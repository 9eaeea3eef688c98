// Validates enums.
import SwiftProtobuf

extension Validator {
  mutating func validate(
    _ enumeration: Google_Protobuf_EnumDescriptorProto, _ path: DescriptorPath, in scope: Scope
  ) {
    validateRanges(
      enumeration.reservedRange.map { $0.start...max($0.start, $0.end) },
      path + [FieldPath.Enumeration.reservedRange], "reserved")
    validateNames(enumeration.reservedName, path + [FieldPath.Enumeration.reservedName])
    guard let first = enumeration.value.first else {
      return error("enum “\(enumeration.name)” has no value", path + [FieldPath.Enumeration.name])
    }
    if first.number != 0, scope.features.refined(by: enumeration).enumType == .open {
      let reason = edition == .proto3 ? "in proto3" : "in an open enum"
      error(
        "the first value of an enum is the default and must be 0 \(reason)",
        path + [FieldPath.Enumeration.value, 0, FieldPath.Value.number])
    }
    validateNumbers(of: enumeration, path)
    validateNames(of: enumeration, path)
  }

  private mutating func validateNumbers(of enumeration: Google_Protobuf_EnumDescriptorProto, _ path: DescriptorPath) {
    let reserved = RangeSet(enumeration.reservedRange.map { $0.start...max($0.start, $0.end) })
    let reservedNames = Set(enumeration.reservedName)
    let allowsAlias = enumeration.hasOptions && enumeration.options.allowAlias
    var owners: [Int32: String] = [:]
    var hasAlias = false
    for (i, value) in enumeration.value.enumerated() {
      let valuePath = path + [FieldPath.Enumeration.value, Int32(i)]
      if let owner = owners[value.number] {
        hasAlias = true
        if !allowsAlias {
          error(
            "number \(value.number) belongs to value “\(owner)” already; `option allow_alias = true;` permits it",
            valuePath + [FieldPath.Value.number])
        }
      }
      owners[value.number] = owners[value.number] ?? value.name
      if let index = reserved.first(overlapping: value.number...value.number) {
        error(
          "number \(value.number) of value “\(value.name)” is reserved here",
          path + [FieldPath.Enumeration.reservedRange, Int32(index)])
      }
      if reservedNames.contains(value.name) {
        error("“\(value.name)” is reserved", valuePath + [FieldPath.Value.name])
      }
    }
    if allowsAlias, !hasAlias {
      error("allow_alias is set, but no two values share a number", path + [FieldPath.Enumeration.options])
    }
    if !allowsAlias, enumeration.options.hasAllowAlias {
      error("allow_alias is false by nature and is not to be set so", path + [FieldPath.Enumeration.options])
    }
  }

  /// Generators drop the enum's name from its values' names: the rest must still be distinct.
  private mutating func validateNames(of enumeration: Google_Protobuf_EnumDescriptorProto, _ path: DescriptorPath) {
    var owners: [String: Google_Protobuf_EnumValueDescriptorProto] = [:]
    let prefix = EnumValueName.plain(enumeration.name)
    for (i, value) in enumeration.value.enumerated() {
      let short = EnumValueName.short(value.name, withoutPrefix: prefix)
      if let owner = owners[short], owner.name != value.name, owner.number != value.number {
        let text =
          "“\(value.name)” and “\(owner.name)” are the same name without case and the prefix “\(enumeration.name)”"
        let place = path + [FieldPath.Enumeration.value, Int32(i), FieldPath.Value.name]
        // Older schemas have such enums.
        edition == .proto2 ? warning(text, place) : error(text, place)
      }
      owners[short] = owners[short] ?? value
    }
  }
}

private enum EnumValueName {
  /// In lower case and without underscores.
  static func plain(_ name: String) -> [UInt8] {
    name.utf8.filter { $0 != UInt8(ascii: "_") }
      .map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }

  /// The distinctive part of `FOO_BAR_BAZ` of enum `Foo`: `BarBaz`, in camel case.
  static func short(_ value: String, withoutPrefix prefix: [UInt8]) -> String {
    var rest = Array(value.utf8)[...]
    var wanted = prefix[...]
    while let letter = wanted.first, let next = rest.first {
      rest.removeFirst()
      if next == UInt8(ascii: "_") { continue }
      guard (next | 0x20) == letter || next == letter else { return pascalCase(Array(value.utf8)[...]) }
      wanted.removeFirst()
    }
    while rest.first == UInt8(ascii: "_") { rest.removeFirst() }
    return pascalCase(wanted.isEmpty && !rest.isEmpty ? rest : Array(value.utf8)[...])
  }

  private static func pascalCase(_ name: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    var raisesNext = true
    for byte in name {
      if byte == UInt8(ascii: "_") {
        raisesNext = true
        continue
      }
      let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      result.append(!isLetter ? byte : raisesNext ? byte & ~0x20 : byte | 0x20)
      raisesNext = false
    }
    return String(decoding: result, as: UTF8.self)
  }
}
