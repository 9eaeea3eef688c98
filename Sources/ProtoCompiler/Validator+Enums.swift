// The validator's part for enums, and for what messages and enums both reserve.
import SwiftProtobuf

extension Validator {
  mutating func validate(_ enumeration: Google_Protobuf_EnumDescriptorProto, _ path: DescriptorPath) {
    validateRanges(
      enumeration.reservedRange.map { $0.start...max($0.start, $0.end) }, path + [FieldPath.Enumeration.reservedRange])
    validateNames(enumeration.reservedName, path + [FieldPath.Enumeration.reservedName])
    guard let first = enumeration.value.first else {
      return error("enum “\(enumeration.name)” has no value", path + [FieldPath.Enumeration.name])
    }
    if first.number != 0 {
      error(
        "the first value of an enum is the default and must be 0 in proto3",
        path + [FieldPath.Enumeration.value, 0, FieldPath.Value.number])
    }
    validateNumbers(of: enumeration, path)
    validateNames(of: enumeration, path)
  }

  private mutating func validateNumbers(of enumeration: Google_Protobuf_EnumDescriptorProto, _ path: DescriptorPath) {
    let reserved = ReservedSet(
      ranges: enumeration.reservedRange.map { $0.start...max($0.start, $0.end) }, names: enumeration.reservedName)
    var owners: [Int32: String] = [:]
    var hasAlias = false
    for (i, value) in enumeration.value.enumerated() {
      let path = path + [FieldPath.Enumeration.value, Int32(i)]
      if let owner = owners[value.number] {
        hasAlias = true
        if !enumeration.options.allowAlias {
          error(
            "number \(value.number) belongs to value “\(owner)” already; `option allow_alias = true;` permits it",
            path + [FieldPath.Value.number])
        }
      }
      owners[value.number] = owners[value.number] ?? value.name
      if reserved.contains(value.number) {
        error("number \(value.number) is reserved", path + [FieldPath.Value.number])
      }
      if reserved.contains(value.name) { error("“\(value.name)” is reserved", path + [FieldPath.Value.name]) }
    }
    if enumeration.options.allowAlias, !hasAlias {
      error("allow_alias is set, but no two values share a number", path + [FieldPath.Enumeration.options])
    }
  }

  /// Generators drop the enum's name from its values' names: what is left must still tell them apart.
  private mutating func validateNames(of enumeration: Google_Protobuf_EnumDescriptorProto, _ path: DescriptorPath) {
    var owners: [String: Google_Protobuf_EnumValueDescriptorProto] = [:]
    for (i, value) in enumeration.value.enumerated() {
      let short = EnumValueName.withoutPrefix(value.name, of: enumeration.name)
      if let owner = owners[short], owner.name != value.name, owner.number != value.number {
        error(
          "“\(value.name)” and “\(owner.name)” are the same name without case and the prefix “\(enumeration.name)”",
          path + [FieldPath.Enumeration.value, Int32(i), FieldPath.Value.name])
      }
      owners[short] = owners[short] ?? value
    }
  }

  // MARK: Reserved

  mutating func validateRanges(_ ranges: [ClosedRange<Int32>], _ path: DescriptorPath) {
    let order = ranges.indices.sorted { (ranges[$0].lowerBound, $0) < (ranges[$1].lowerBound, $1) }
    var widest: Int?
    for index in order {
      if let widest, ranges[widest].overlaps(ranges[index]) {
        let (first, second) = (min(index, widest), max(index, widest))
        error(
          "\(text(ranges[second])) overlaps with \(text(ranges[first])), which is reserved already",
          path + [Int32(second)])
      }
      if widest.map({ ranges[$0].upperBound < ranges[index].upperBound }) ?? true { widest = index }
    }
  }

  private func text(_ range: ClosedRange<Int32>) -> String {
    range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
  }

  mutating func validateNames(_ names: [String], _ path: DescriptorPath) {
    var seen: Set<String> = []
    for (i, name) in names.enumerated() where !seen.insert(name).inserted {
      error("“\(name)” is reserved twice", path + [Int32(i)])
    }
  }
}

private enum EnumValueName {
  /// `FOO_BAR` of enum `Foo` → `bar`, in lower case and without underscores.
  static func withoutPrefix(_ value: String, of enumeration: String) -> String {
    let plain = { (name: String) in name.replacing("_", with: "").lowercased() }
    let (short, prefix) = (plain(value), plain(enumeration))
    return short.hasPrefix(prefix) && short.count > prefix.count ? String(short.dropFirst(prefix.count)) : short
  }
}
