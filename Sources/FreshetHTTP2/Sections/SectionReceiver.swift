// Receives the header sections of a session, one after another, and recognises recent ones.
import CNGHTTP2
import FreshetHTTP
import FreshetText

/// Received fields are compared one by one with a known section; they are copied only from the first difference on. A
/// field with retained pointers (`FieldPlace`) costs two comparisons. Confined to the session's loop.
///
/// A section is kept if it is complete, at most 1 KiB, and free of fields that the peer marks as never indexed (RFC
/// 7541 §7.1.3).
struct SectionReceiver {
  enum OnField {
    case taken
    /// The list exceeds the limit, with this many bytes so far.
    case dropped(listBytes: Int)
  }

  /// For the heads of methods that are called alternately, or heads and trailers of responses.
  private static let maxKnownCount = 4
  private static let maxKnownBytes = 1024

  private let maxListBytes: Int
  /// A field whose value differs from request to request, and is therefore not part of the section.
  private let fieldApart: StaticString?

  private var known: [KnownSection] = []
  private var oldest = 0
  /// The most recent one of each kind.
  private var latest = (head: 0, trailers: 0)

  // The section being received.
  private var isHead = false
  /// The known section that all fields so far match; nil as soon as `fields` has them. `known` retains it.
  private var match: Unmanaged<KnownSection>?
  /// The place of the next field of `match` when it was last received.
  private var next: UnsafeMutablePointer<FieldPlace>?
  private var fields = HeaderFields()
  private var isTruncated = false
  private var isSecret = false
  private var droppedBytes = 0
  private var apartBytes = 0
  private var valueApart: OpaquePointer?

  init(maxListBytes: Int, fieldApart: StaticString?) {
    self.maxListBytes = maxListBytes
    self.fieldApart = fieldApart
  }

  /// A section begins. The previous one may be incomplete.
  mutating func begin(isHead: Bool) {
    self.isHead = isHead
    fields = HeaderFields()
    isTruncated = false
    isSecret = false
    droppedBytes = 0
    apartBytes = 0
    releaseValueApart()
    let index = isHead ? latest.head : latest.trailers
    if index < known.count {
      match = .passUnretained(known[index])
      next = known[index].places
    } else {
      match = nil
      next = nil
    }
  }

  /// Accepts the field if it is the expected one, at its place.
  @inline(__always)
  mutating func takeExpected(_ name: OpaquePointer, _ value: OpaquePointer) -> Bool {
    guard let next, next.pointee.isThat(of: name, value) else { return false }
    self.next = next + 1
    return true
  }

  /// Accepts a field that is not the expected one, or not at its place.
  mutating func receive(_ namePlace: OpaquePointer, _ valuePlace: OpaquePointer, flags: UInt8) -> OnField {
    let name = Self.bytes(namePlace), value = Self.bytes(valuePlace)
    if let fieldApart, name.equals(fieldApart) { return receiveApart(valuePlace, name.count + value.count + 32) }
    if UInt32(flags) & NGHTTP2_NV_FLAG_NO_INDEX.rawValue != 0 {
      isSecret = true
    } else if matches(name, value) {
      next?.pointee.hold(namePlace, valuePlace)
      next = next.map { $0 + 1 }
      return .taken
    }
    copyMatch()
    let fieldBytes = name.count + value.count + 32
    if isBeyondLimit(fieldBytes) { return drop(fieldBytes) }
    fields.append(name, value)
    return .taken
  }

  /// The section is complete.
  mutating func end() -> KnownSection {
    if let section = match, isWhole(section) { return expectAgain(section.takeUnretainedValue()) }
    if let section = matchToItsEnd() { return expectAgain(section) }
    copyMatch()
    defer { fields = HeaderFields() }
    guard !isTruncated, !isSecret, fields.count > 0, fields.listBytes <= Self.maxKnownBytes else {
      return KnownSection(fields, isTruncated: isTruncated)
    }
    return expectAgain(keep(KnownSection(fields.compact)))
  }

  /// The value of the field apart from the section, the last if there were several; valid until it is released.
  var bytesApart: UnsafeRawBufferPointer? { valueApart.map(Self.bytes) }

  mutating func releaseValueApart() {
    if let valueApart { nghttp2_rcbuf_decref(valueApart) }
    valueApart = nil
  }

  /// Releases all of nghttp2's memory.
  mutating func release() {
    releaseValueApart()
    for section in known { section.releasePlaces() }
    known = []
    match = nil
    next = nil
  }

  // MARK: Matching

  /// How many fields of `match` were received.
  private func matchedCount(_ section: KnownSection) -> Int {
    guard let next, let first = section.places else { preconditionFailure("a known section has no places") }
    return next - first
  }

  /// Whether the next field of `match`, or of another section that begins with the same fields, is this one.
  private mutating func matches(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    guard let match else { return false }
    if match._withUnsafeGuaranteedRef({ $0.hasField(matchedCount($0), name, value) }) { return true }
    return matchesAnother(name, value)
  }

  @inline(never)
  private mutating func matchesAnother(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    guard let section = match?.takeUnretainedValue() else { return false }
    let count = matchedCount(section)
    let offset = section.fields.offset(ofField: count)
    for candidate in known where candidate !== section {
      guard candidate.fields.hasField(name, value, at: offset), begins(candidate, with: section, bytes: offset) else {
        continue
      }
      match = .passUnretained(candidate)
      next = candidate.places.map { $0 + count }
      return true
    }
    return false
  }

  /// Another section that consists of exactly the received fields.
  private func matchToItsEnd() -> KnownSection? {
    guard let section = match?.takeUnretainedValue() else { return nil }
    let count = matchedCount(section)
    let offset = section.fields.offset(ofField: count)
    return known.first { candidate in
      candidate !== section && candidate.fields.count == count && begins(candidate, with: section, bytes: offset)
    }
  }

  private func begins(_ candidate: KnownSection, with section: KnownSection, bytes: Int) -> Bool {
    // While a section is matched, all of it is within the limit.
    candidate.fields.listBytes + apartBytes <= maxListBytes
      && candidate.fields.begins(with: section.fields, bytes: bytes)
  }

  private func isWhole(_ section: Unmanaged<KnownSection>) -> Bool {
    section._withUnsafeGuaranteedRef { matchedCount($0) == $0.fields.count }
  }

  /// From here on the section differs from all known ones.
  private mutating func copyMatch() {
    guard let section = match?.takeUnretainedValue() else { return }
    fields = HeaderFields(first: matchedCount(section), of: section.fields)
    match = nil
    next = nil
  }

  // MARK: Caching

  private mutating func expectAgain(_ section: KnownSection) -> KnownSection {
    if isHead { latest.head = section.slot } else { latest.trailers = section.slot }
    return section
  }

  /// The oldest is evicted, but not the most recently received one, which may recur between others that do not.
  private mutating func keep(_ section: KnownSection) -> KnownSection {
    if known.count < Self.maxKnownCount {
      section.keep(in: known.count)
      known.append(section)
      return section
    }
    if oldest == (isHead ? latest.head : latest.trailers) { oldest = (oldest + 1) % Self.maxKnownCount }
    let index = oldest
    oldest = (oldest + 1) % Self.maxKnownCount
    known[index].releasePlaces()
    known[index] = section
    section.keep(in: index)
    return section
  }

  // MARK: Limits

  private mutating func receiveApart(_ valuePlace: OpaquePointer, _ fieldBytes: Int) -> OnField {
    if let section = match,
      section._withUnsafeGuaranteedRef({ $0.fields.listBytes }) + apartBytes + fieldBytes > maxListBytes
    {
      copyMatch()
    }
    if match == nil, isBeyondLimit(fieldBytes) { return drop(fieldBytes) }
    apartBytes += fieldBytes
    nghttp2_rcbuf_incref(valuePlace)
    releaseValueApart()
    valueApart = valuePlace
    return .taken
  }

  /// How much of the current or last section is not among its fields.
  var bytesBeside: Int { apartBytes + droppedBytes }

  /// The size so far of the section being received, unless it matches a known one.
  var listBytes: Int { fields.listBytes + bytesBeside }

  private func isBeyondLimit(_ fieldBytes: Int) -> Bool {
    isTruncated || fields.listBytes + apartBytes + fieldBytes > maxListBytes
  }

  /// The joint above refuses the call; the connection stays open (S9).
  private mutating func drop(_ fieldBytes: Int) -> OnField {
    isTruncated = true
    droppedBytes += fieldBytes
    return .dropped(listBytes: listBytes)
  }

  private static func bytes(_ place: OpaquePointer) -> UnsafeRawBufferPointer {
    let bytes = nghttp2_rcbuf_get_buf(place)
    return UnsafeRawBufferPointer(start: bytes.base, count: bytes.len)
  }
}
