// Which options of one declaration are already set; constant time per option.

struct SetOptions {
  /// The field-number paths to the set options, and to all messages that contain them.
  private var paths: Set<DescriptorPath> = []
  /// Messages that were set as a whole, as bytes.
  private var wholes: [DescriptorPath: WireBytes] = [:]

  func contains(_ fields: [FieldSchema]) -> Bool {
    let path = fields.map(\.number)
    if paths.contains(path) { return true }
    if wholes.isEmpty { return false }
    for count in 1...path.count {
      guard let whole = wholes[Array(path.prefix(count))] else { continue }
      return WireReader.contains(fields[...], in: whole.bytes[...])
    }
    return false
  }

  /// - Parameter value: the bytes of the option, from the options message on.
  mutating func insert(_ fields: [FieldSchema], _ value: WireBytes) {
    let path = fields.map(\.number)
    for count in 1...path.count { paths.insert(Array(path.prefix(count))) }
    if let last = fields.last, last.isMessage, !last.isRepeated { wholes[path] = value }
  }
}
