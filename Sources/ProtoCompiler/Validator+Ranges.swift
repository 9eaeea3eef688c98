// Validates numbers and names: used, reserved, or in extension ranges.
import SwiftProtobuf

extension Validator {
  mutating func validateRanges(of message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    guard !message.reservedRange.isEmpty || !message.extensionRange.isEmpty || !message.reservedName.isEmpty
    else { return }
    let reserved = message.reservedRange.map { $0.start...max($0.start, $0.end - 1) }
    let extensions = message.extensionRange.map { $0.start...max($0.start, $0.end - 1) }
    validateRanges(reserved, path + [FieldPath.Message.reservedRange], "reserved")
    validateRanges(extensions, path + [FieldPath.Message.extensionRange], "left to extensions")
    validateNames(message.reservedName, path + [FieldPath.Message.reservedName])
    let set = RangeSet(reserved)
    let limit = message.options.messageSetWireFormat ? Int32.max - 1 : FieldNumber.max
    for (i, range) in extensions.enumerated() {
      let path = path + [FieldPath.Message.extensionRange, Int32(i)]
      if let overlapped = set.first(overlapping: range) {
        error("\(range.text) overlaps with \(reserved[overlapped].text), which is reserved", path)
      }
      if range.upperBound > limit { error("the numbers of extensions go up to \(limit)", path) }
    }
  }

  mutating func validateFieldNumbers(of message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    let reserved = RangeSet(message.reservedRange.map { $0.start...max($0.start, $0.end - 1) })
    let extensions = RangeSet(message.extensionRange.map { $0.start...max($0.start, $0.end - 1) })
    let names = Set(message.reservedName)
    var owners: [Int32: String] = [:]
    for (i, field) in message.field.enumerated() {
      let fieldPath = path + [FieldPath.Message.field, Int32(i)]
      if let owner = owners.updateValue(field.name, forKey: field.number) {
        owners[field.number] = owner
        error("number \(field.number) belongs to field “\(owner)” already", fieldPath + [FieldPath.Field.number])
      }
      let number = field.number...field.number
      if let index = reserved.first(overlapping: number) {
        error(
          "number \(field.number) of field “\(field.name)” is reserved here",
          path + [FieldPath.Message.reservedRange, Int32(index)])
      }
      if let index = extensions.first(overlapping: number) {
        error(
          "number \(field.number) of field “\(field.name)” is left to extensions here",
          path + [FieldPath.Message.extensionRange, Int32(index)])
      }
      if names.contains(field.name) { error("“\(field.name)” is reserved", fieldPath + [FieldPath.Field.name]) }
      validateNotForImplementations(field.number, fieldPath)
    }
  }

  mutating func validateNotForImplementations(_ number: Int32, _ path: DescriptorPath) {
    let range = FieldNumber.reservedForImplementations
    guard range.contains(number) else { return }
    error(
      "numbers \(range.lowerBound) to \(range.upperBound) are kept for implementations of protocol buffers",
      path + [FieldPath.Field.number])
  }

  /// - Parameter what: the kind of ranges, such as "reserved".
  mutating func validateRanges(_ ranges: [ClosedRange<Int32>], _ path: DescriptorPath, _ what: String) {
    let order = ranges.indices.sorted { (ranges[$0].lowerBound, $0) < (ranges[$1].lowerBound, $1) }
    var widest: Int?
    for index in order {
      if let widest, ranges[widest].overlaps(ranges[index]) {
        let (first, second) = (min(index, widest), max(index, widest))
        error(
          "\(ranges[first].text) overlaps with \(ranges[second].text), which is \(what), too", path + [Int32(first)])
      }
      if widest.map({ ranges[$0].upperBound < ranges[index].upperBound }) ?? true { widest = index }
    }
  }

  mutating func validateNames(_ names: [String], _ path: DescriptorPath) {
    var seen: Set<String> = []
    for (i, name) in names.enumerated() where !seen.insert(name).inserted {
      error("“\(name)” is reserved twice", path + [Int32(i)])
    }
  }
}

extension ClosedRange<Int32> {
  fileprivate var text: String { lowerBound == upperBound ? "\(lowerBound)" : "\(lowerBound) to \(upperBound)" }
}

/// Ranges of numbers for binary search: a hostile schema may have very many.
struct RangeSet {
  /// By their lower bounds, each with its original index. They do not overlap, or that was already reported.
  private let ranges: [(bounds: ClosedRange<Int32>, index: Int)]

  init(_ ranges: [ClosedRange<Int32>]) {
    self.ranges = zip(ranges, ranges.indices).map { ($0, $1) }.sorted { $0.bounds.lowerBound < $1.bounds.lowerBound }
  }

  /// The index of the lowest range that overlaps `bounds`.
  func first(overlapping bounds: ClosedRange<Int32>) -> Int? {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].bounds.upperBound < bounds.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].bounds.overlaps(bounds) ? ranges[low].index : nil
  }
}
