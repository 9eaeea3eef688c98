// Cuts a stream of JSON into whole values, by depth and by what is in quotes (W46).
package import FreshetCore
import FreshetText
package import NIOCore

/// Turns bytes, cut anywhere, into whole JSON values: one behind the other, with white space between them where it is needed, or
/// divided by commas inside one outer array.
///
/// It finds where values end and does not judge them: parsing a value shows whether it is JSON.
///
/// ```text
/// start ──[──▶ array ──value──▶ element ──,──▶ comma ──value──▶ element      element ──]──▶ end
///   └──value──▶ values ──value──▶ values
/// ```
package struct JSONSplitter: Sendable {
  private enum Place: Sendable {
    /// Nothing but white space has come.
    case start
    /// Values one behind the other.
    case values
    /// Behind the outer `[`.
    case array
    /// Behind an element of the outer array.
    case element
    /// Behind a comma of the outer array.
    case comma
    /// Behind the outer `]`.
    case end
  }

  /// Where in a value the next byte is.
  private enum Inside: Sendable {
    case nothing
    /// A number, `true`, `false` or `null`, which ends where something else begins.
    case word
    case brackets
    case string
    /// Behind a backslash in a string.
    case escape
  }

  private let maxValueBytes: Int
  private let maxDepth: Int
  private let takesOuterArray: Bool
  private var bytes = ByteBuffer()
  private var place = Place.start
  private var inside = Inside.nothing
  /// How many brackets are open in the value.
  private var depth = 0
  /// How many bytes behind the reader's index were looked at; they belong to the value that has begun.
  private var seenBytes = 0

  /// - Parameters:
  ///   - maxValueBytes: the length of the longest value that is taken.
  ///   - maxDepth: how many objects and arrays of a value may be inside each other.
  ///   - takesOuterArray: whether a `[` at the beginning opens an array whose elements are the values. Otherwise it opens a value.
  package init(maxValueBytes: Int, maxDepth: Int = 100, takesOuterArray: Bool = true) {
    self.maxValueBytes = maxValueBytes
    self.maxDepth = maxDepth
    self.takesOuterArray = takesOuterArray
  }

  /// How many bytes wait here.
  package var bufferedBytes: Int { bytes.readableBytes }

  /// Takes in what has arrived.
  package mutating func append(_ arrived: ByteBuffer) {
    if bytes.readableBytes == 0 {
      bytes = arrived
    } else {
      bytes.discardReadBytes()
      bytes.writeImmutableBuffer(arrived)
    }
  }

  /// The next whole value; nil when more bytes are needed. It shares memory with what arrived.
  /// - Throws: `RESOURCE_EXHAUSTED` for a value that is too long, as soon as that is seen; `INVALID_ARGUMENT` for one that is too deep, and for
  ///   what cannot stand between values. Every further call throws the same error.
  package mutating func next() throws(RPCError) -> ByteBuffer? {
    if inside == .nothing { guard try findBeginning() else { return nil } }
    guard try findEnd() else { return nil }
    return takeValue()
  }

  /// Says that the stream ended here, when `next` has returned nil. A number or a word may be the last value.
  /// - Throws: `INVALID_ARGUMENT` when it ended inside a value or inside the outer array.
  package mutating func finish() throws(RPCError) -> ByteBuffer? {
    let last = inside == .word ? takeValue() : nil
    guard inside == .nothing else { throw invalid("the stream ended inside a JSON value") }
    switch place {
    case .start, .values, .end: return last
    case .array, .element, .comma: throw invalid("the stream ended inside the array of JSON values")
    }
  }

  private mutating func takeValue() -> ByteBuffer? {
    let value = bytes.readSlice(length: seenBytes)
    seenBytes = 0
    inside = .nothing
    switch place {
    case .start: place = .values
    case .array, .comma: place = .element
    case .values, .element, .end: break
    }
    return value
  }

  // MARK: Between values

  /// Goes on to the first byte of the next value, and over what precedes it.
  private mutating func findBeginning() throws(RPCError) -> Bool {
    while let byte = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) {
      switch (byte, place) {
      case (0x20, _), (0x0A, _), (0x0D, _), (0x09, _): break
      case (UInt8(ascii: "["), .start) where takesOuterArray: place = .array
      case (UInt8(ascii: "]"), .array), (UInt8(ascii: "]"), .element): place = .end
      case (UInt8(ascii: ","), .element): place = .comma
      case (_, .start), (_, .values), (_, .array), (_, .comma):
        guard let begun = Self.beginning(byte) else { throw misplaced(byte) }
        inside = begun
        return true
      case (_, .element), (_, .end): throw misplaced(byte)
      }
      bytes.moveReaderIndex(forwardBy: 1)
    }
    return false
  }

  private static func beginning(_ byte: UInt8) -> Inside? {
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["): .brackets
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "t"), UInt8(ascii: "f"),
      UInt8(ascii: "n"):
      .word
    default: nil
    }
  }

  // MARK: In a value

  /// Goes on to the end of the value.
  private mutating func findEnd() throws(RPCError) -> Bool {
    var scan = Scan(inside: inside, depth: depth, maxDepth: maxDepth)
    let (length, isWhole, isTooDeep) = bytes.withUnsafeReadableBytes { all in
      // One more than the bound, to see that there is more.
      scan.run(all, from: seenBytes, limit: min(all.count, maxValueBytes + 1))
    }
    guard !isTooDeep else {
      throw invalid("a JSON value has more than \(maxDepth) objects and arrays inside each other")
    }
    guard length <= maxValueBytes else {
      throw RPCError(
        code: .resourceExhausted,
        message: "a JSON value exceeds the limit of \(maxValueBytes) bytes (maxReceiveMessageBytes)")
    }
    seenBytes = length
    inside = scan.inside
    depth = isWhole ? 0 : scan.depth
    return isWhole
  }

  private struct Scan {
    var inside: Inside
    var depth: Int
    let maxDepth: Int

    /// - Returns: how many bytes belong to the value, as far as they were looked at.
    mutating func run(_ bytes: UnsafeRawBufferPointer, from start: Int, limit: Int) -> (
      Int, isWhole: Bool, isTooDeep: Bool
    ) {
      var index = start
      while index < limit {
        let byte = bytes[index]
        if inside == .word, endsWord(byte) { return (index, true, false) }
        let isFirst = index == 0
        index += 1
        switch (inside, byte) {
        case (.escape, _): inside = .string
        case (.string, UInt8(ascii: "\\")): inside = .escape
        case (.string, UInt8(ascii: "\"")) where !isFirst:
          if depth == 0 { return (index, true, false) }
          inside = .brackets
        case (.brackets, UInt8(ascii: "\"")): inside = .string
        case (.brackets, UInt8(ascii: "{")), (.brackets, UInt8(ascii: "[")):
          depth += 1
          if depth > maxDepth { return (index, false, true) }
        case (.brackets, UInt8(ascii: "}")), (.brackets, UInt8(ascii: "]")):
          depth -= 1
          if depth == 0 { return (index, true, false) }
        default: break
        }
      }
      return (index, false, false)
    }

    private func endsWord(_ byte: UInt8) -> Bool {
      switch byte {
      case 0x20, 0x0A, 0x0D, 0x09, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "["),
        UInt8(ascii: "{"), UInt8(ascii: "\""):
        true
      default: false
      }
    }
  }

  private func misplaced(_ byte: UInt8) -> RPCError {
    invalid("“\(printable(CollectionOfOne(byte)))” cannot stand between JSON values")
  }

  private func invalid(_ problem: String) -> RPCError { RPCError(code: .invalidArgument, message: problem) }
}
