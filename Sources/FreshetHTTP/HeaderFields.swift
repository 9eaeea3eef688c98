// A header or trailer section as one run of bytes, so that it costs one allocation whatever its length.
import FreshetText

/// The fields of one HEADERS block in order, pseudo-headers first. Names are lower-case ASCII; values are bytes.
// SAFETY: `block` is written only while this value alone has it.
public struct HeaderFields: @unchecked Sendable, Equatable, ExpressibleByDictionaryLiteral {
  private var block: Block?
  private var capacity = 0
  private var usedBytes = 0
  public private(set) var count = 0

  public init() {}

  public init(dictionaryLiteral pairs: (String, String)...) {
    for (name, value) in pairs { append(name, value) }
  }

  /// The size as SETTINGS_MAX_HEADER_LIST_SIZE counts it: name + value + 32 for each field (RFC 9113 §6.5.2).
  public var listBytes: Int { usedBytes + count * (32 - Lengths.bytes) }

  /// Adds a field whose name is already lower-case.
  public mutating func append(_ name: String, _ value: String) {
    var (name, value) = (name, value)
    name.withUTF8 { name in
      value.withUTF8 { append(UnsafeRawBufferPointer(name), UnsafeRawBufferPointer($0)) }
    }
  }

  /// Adds a field with a number that is not negative.
  public mutating func append(_ name: StaticString, decimal number: Int) {
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
      var first = digits.count, rest = number
      repeat {
        first -= 1
        digits[first] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      } while rest > 0
      append(
        UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount),
        UnsafeRawBufferPointer(rebasing: digits[first...]))
    }
  }

  /// Adds a field from a peer's block.
  public mutating func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    var end = reserve(Lengths.bytes + name.count + value.count)
    end.storeBytes(of: Lengths(name: UInt32(name.count), value: UInt32(value.count)), as: Lengths.self)
    end += Lengths.bytes
    if let bytes = name.baseAddress { end.copyMemory(from: bytes, byteCount: name.count) }
    if let bytes = value.baseAddress { (end + name.count).copyMemory(from: bytes, byteCount: value.count) }
    count += 1
  }

  /// Calls `body` with each field's name and value, in order; the pointers are valid during the call only.
  public func forEach(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
    guard let block else { return }
    block.withUnsafeMutablePointerToElements { elements in
      var next = UnsafeRawPointer(elements)
      for _ in 0..<count {
        let lengths = next.loadUnaligned(as: Lengths.self)
        let name = next + Lengths.bytes, value = name + Int(lengths.name)
        next = value + Int(lengths.value)
        body(
          UnsafeRawBufferPointer(start: name, count: Int(lengths.name)),
          UnsafeRawBufferPointer(start: value, count: Int(lengths.value)))
      }
    }
  }

  /// The first value of a field, as text; for tests and rare paths.
  public func first(_ name: String) -> String? {
    var found: String?
    forEach { fieldName, value in
      if found == nil, fieldName.elementsEqual(name.utf8) { found = String(decoding: value, as: UTF8.self) }
    }
    return found
  }

  // MARK: Comparing

  /// Where a field begins in the run of bytes; `usedBytes` for the one after the last.
  public func offset(ofField index: Int) -> Int {
    guard let block else { return 0 }
    return block.withUnsafeMutablePointerToElements { elements in
      let bytes = UnsafeRawPointer(elements)
      var offset = 0
      for _ in 0..<index {
        let lengths = bytes.loadUnaligned(fromByteOffset: offset, as: Lengths.self)
        offset += Lengths.bytes + Int(lengths.name) + Int(lengths.value)
      }
      return offset
    }
  }

  /// Whether this field is at that offset, which must be the beginning of a field or the end.
  public func hasField(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    guard let block, offset + Lengths.bytes + name.count + value.count <= usedBytes else { return false }
    return block.withUnsafeMutablePointerToElements { elements in
      let field = UnsafeRawPointer(elements) + offset
      let lengths = field.loadUnaligned(as: Lengths.self)
      guard Int(lengths.name) == name.count, Int(lengths.value) == value.count else { return false }
      let start = field + Lengths.bytes
      return name.equals(UnsafeRawBufferPointer(start: start, count: name.count))
        && value.equals(UnsafeRawBufferPointer(start: start + name.count, count: value.count))
    }
  }

  /// Whether both begin with the same fields, which take this many bytes in `other`.
  public func begins(with other: HeaderFields, bytes: Int) -> Bool {
    guard bytes > 0 else { return true }
    guard let block, let theirs = other.block, bytes <= usedBytes else { return false }
    return block.withUnsafeMutablePointerToElements { own in
      theirs.withUnsafeMutablePointerToElements {
        UnsafeRawBufferPointer(start: own, count: bytes).equals(UnsafeRawBufferPointer(start: $0, count: bytes))
      }
    }
  }

  /// Whether both have the same fields in the same order.
  public static func == (one: HeaderFields, other: HeaderFields) -> Bool {
    one.count == other.count && one.usedBytes == other.usedBytes && one.begins(with: other, bytes: other.usedBytes)
  }

  // MARK: Memory

  /// A copy whose memory is never freed, with a form that a carrier has made of it, which is never freed either.
  public init(keepingForEver other: HeaderFields, form: UnsafeRawPointer) {
    self = other
    move(toCapacity: usedBytes)
    guard let block else { return }
    block.withUnsafeMutablePointerToHeader { $0.pointee.form = form }
    _ = Unmanaged.passRetained(block)
  }

  /// The form that a carrier has made of permanent fields.
  public var permanentForm: UnsafeRawPointer? {
    block?.withUnsafeMutablePointerToHeader { $0.pointee.form }
  }

  /// The first fields of another section, with room for more.
  public init(first count: Int, of other: HeaderFields) {
    if count == 0 { return }
    block = other.block
    usedBytes = other.offset(ofField: count)
    self.count = count
    move(toCapacity: other.usedBytes + Self.spareBytes)
  }

  /// The same fields, in memory hardly larger than they need.
  public var compact: HeaderFields {
    if capacity - usedBytes <= Self.spareBytes { return self }
    var copy = self
    copy.move(toCapacity: usedBytes)
    return copy
  }

  /// About one field of an identifier's length.
  private static let spareBytes = 64

  /// What precedes each field's bytes.
  private struct Lengths {
    static let bytes = 8
    var name: UInt32
    var value: UInt32
  }

  /// The fields, one after the other.
  private typealias Block = ManagedBuffer<Header, UInt8>

  private struct Header {
    /// Set in a block that is never freed.
    var form: UnsafeRawPointer?
  }

  /// Fits the request of a typical client.
  private static let firstCapacity = 512

  /// Makes room after the last field.
  private mutating func reserve(_ bytes: Int) -> UnsafeMutableRawPointer {
    let neededBytes = usedBytes + bytes
    if capacity < neededBytes || !isKnownUniquelyReferenced(&block) { grow(neededBytes) }
    guard let block else { preconditionFailure("a block of fields was not made") }
    defer { usedBytes = neededBytes }
    return block.withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) } + usedBytes
  }

  private mutating func grow(_ neededBytes: Int) {
    move(toCapacity: max(neededBytes, usedBytes * 2, count == 0 ? Self.firstCapacity : 0))
  }

  private mutating func move(toCapacity bytes: Int) {
    let made = Block.create(minimumCapacity: bytes) { _ in Header() }
    if let block {
      made.withUnsafeMutablePointerToElements { new in
        block.withUnsafeMutablePointerToElements { new.update(from: $0, count: usedBytes) }
      }
    }
    block = made
    capacity = bytes
  }
}
