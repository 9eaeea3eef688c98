// Encodes positions directly, without intermediate messages: most bytes of a descriptor are positions. Entries are
// accessed in place, since taking each out of its list would be a copy with reference counting.

extension SourceInfo {
  /// How many bytes `append` adds.
  var wireBytes: Int {
    var size = 0
    for index in entries.indices { size += WireBytes.size(ofContent: entries[index].wireBytes) }
    return size
  }

  /// Appends the encoded `proto`.
  func append(to wire: inout WireBytes) {
    for index in entries.indices {
      wire.appendHead(1, contentBytes: entries[index].wireBytes)
      entries[index].append(to: &wire)
    }
  }
}

extension SourceInfo.Entry {
  fileprivate var wireBytes: Int {
    var size = WireBytes.size(ofContent: span.wireBytes)
    if !path.isEmpty { size += WireBytes.size(ofContent: pathBytes) }
    if let leading = comments.leading { size += WireBytes.size(ofContent: leading.utf8.count) }
    if let trailing = comments.trailing { size += WireBytes.size(ofContent: trailing.utf8.count) }
    for detached in comments.detached { size += WireBytes.size(ofContent: detached.utf8.count) }
    return size
  }

  private var pathBytes: Int { path.reduce(0) { $0 + WireBytes.size(ofVarint: UInt64(UInt32(bitPattern: $1))) } }

  fileprivate func append(to wire: inout WireBytes) {
    if !path.isEmpty {
      wire.appendHead(1, contentBytes: pathBytes)
      for number in path { wire.append(varint: UInt64(UInt32(bitPattern: number))) }
    }
    wire.appendHead(2, contentBytes: span.wireBytes)
    span.forEachNumber { wire.append(varint: $0) }
    if let leading = comments.leading { wire.append(3, leading.utf8) }
    if let trailing = comments.trailing { wire.append(4, trailing.utf8) }
    for detached in comments.detached { wire.append(6, detached.utf8) }
  }
}

extension Span {
  fileprivate var wireBytes: Int {
    var size = 0
    forEachNumber { size += WireBytes.size(ofVarint: $0) }
    return size
  }

  /// The numbers of `encoded`, none of which is negative.
  fileprivate func forEachNumber(_ body: (UInt64) -> Void) {
    body(UInt64(start.line))
    body(UInt64(start.column))
    if start.line != end.line { body(UInt64(end.line)) }
    body(UInt64(end.column))
  }
}
