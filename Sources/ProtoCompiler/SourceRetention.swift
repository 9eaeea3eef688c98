// Removes options with source retention from a descriptor: those whose schema says RETENTION_SOURCE.
import SwiftProtobuf

/// Processes the bytes of one file's descriptor, a message like any other, with the schemas of all types in it.
struct SourceRetention {
  private let catalog: TypeCatalog
  private var fields: [String: [Int32: FieldSchema]] = [:]
  /// Where something was removed.
  private var paths: [DescriptorPath] = []

  private init(_ catalog: TypeCatalog) { self.catalog = catalog }

  /// Removes such options, and their positions, from a file whose options are interpreted.
  static func strip(
    _ file: inout Google_Protobuf_FileDescriptorProto, _ source: inout SourceInfo, _ catalog: TypeCatalog
  ) {
    guard let bytes: [UInt8] = try? file.serializedBytes(partial: true) else { return }
    var retention = SourceRetention(catalog)
    let kept = retention.strip(bytes[...], "google.protobuf.FileDescriptorProto", [])
    guard !retention.paths.isEmpty,
      let stripped = try? Google_Protobuf_FileDescriptorProto(serializedBytes: kept.bytes, partial: true)
    else { return }
    file = stripped
    source.remove(retention.paths)
  }

  /// Re-encodes the message like protoc: by number, with fields that were set in several parts merged.
  private mutating func strip(_ bytes: ArraySlice<UInt8>, _ type: String, _ path: DescriptorPath) -> WireBytes {
    var known: [Int32: (field: FieldSchema, items: [Item])] = [:]
    var unknown = WireBytes()
    var reader = WireReader.Reader(rest: bytes)
    while true {
      let before = reader.rest
      guard let (number, content) = reader.next() else { break }
      let item = Item(whole: before[before.startIndex..<reader.rest.startIndex], content: content)
      if let field = field(number, of: type) {
        known[number, default: (field, [])].items.append(item)
      } else {
        unknown.append(content: Array(item.whole))
      }
    }
    var kept = WireBytes()
    for (number, (field, items)) in known.sorted(by: { $0.key < $1.key }) {
      let path = path + [number]
      if field.isSourceRetained {
        paths.append(path)
      } else if field.isMessage, field.isRepeated {
        for (index, item) in items.enumerated() { write(item.content, field, path + [Int32(index)], to: &kept) }
      } else if field.isMessage {
        write(items.flatMap(\.content)[...], field, path, to: &kept)
      } else if field.isPacked {
        kept.append(number, items.flatMap(\.packed))
      } else {
        let values = field.isRepeated ? items[...] : items.suffix(1).filter { field.hasPresence || !$0.isZero }[...]
        for item in values { kept.append(content: Array(item.whole)) }
      }
    }
    kept.append(unknown)
    return kept
  }

  private mutating func write(
    _ content: ArraySlice<UInt8>, _ field: FieldSchema, _ path: DescriptorPath, to kept: inout WireBytes
  ) {
    let found = paths.count
    let inner = strip(content, field.typeName, path)
    // Options that become empty are removed; messages in them stay, empty or not.
    let isOptions = field.typeName.hasPrefix("google.protobuf.") && field.typeName.hasSuffix("Options")
    if isOptions, paths.count > found, inner.bytes.isEmpty {
      paths.append(path)
    } else {
      kept.append(field.number, message: inner, isDelimited: field.isDelimited)
    }
  }

  /// A field on the wire.
  private struct Item {
    let whole: ArraySlice<UInt8>
    /// The content of a message, a string or a packed list.
    let content: ArraySlice<UInt8>

    var isZero: Bool { packed.allSatisfy { $0 == 0 } && !(isDelimited && !content.isEmpty) }
    private var isDelimited: Bool { (whole.first ?? 0) & 7 == 2 }

    /// As part of a packed list.
    var packed: ArraySlice<UInt8> {
      isDelimited ? content : whole.drop { $0 & 0x80 != 0 }.dropFirst()
    }
  }

  private mutating func field(_ number: Int32, of type: String) -> FieldSchema? {
    if let known = fields[type]?[number] { return known }
    if fields[type] == nil {
      let all = catalog.message(type)?.fields ?? []
      fields[type] = Dictionary(all.map { ($0.number, $0) }) { first, _ in first }
      if let known = fields[type]?[number] { return known }
    }
    guard let field = catalog.extension(number, of: type) else { return nil }
    fields[type]?[number] = field
    return field
  }
}
