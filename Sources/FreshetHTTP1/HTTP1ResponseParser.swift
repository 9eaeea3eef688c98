// Finds the heads and bodies of responses in the bytes of a connection.
//
//   head ─▶ length ─▶ head            head ─▶ chunkSize ─▶ chunk ─▶ chunkEnd ─▶ chunkSize
//     ├───▶ untilClose                               └─▶ trailers ─▶ head
//     └───▶ head (no body)

/// Parses responses incrementally, and strictly: what is ambiguous ends the connection. Pure.
package struct HTTP1ResponseParser {
  package enum Event: Equatable {
    case head(HTTP1ResponseHead)
    /// A part of the body.
    case body(UnsafeRawBufferPointer)
    /// The response is complete.
    case end

    package static func == (one: Event, other: Event) -> Bool {
      switch (one, other) {
      case (.head(let one), .head(let other)): one == other
      case (.body(let one), .body(let other)): one.elementsEqual(other)
      case (.end, .end): true
      default: false
      }
    }
  }

  package enum Failure: Error, Equatable {
    case malformed(HTTP1ResponseError)
    /// The head, or the lines between chunks, exceed the limit.
    case tooLong
  }

  private enum Place {
    /// → length, chunkSize, untilClose, ended; head, after an interim response
    case head
    /// So many bytes of the body are missing. → ended
    case length(Int)
    /// → chunk, trailers
    case chunkSize
    /// So many bytes of a chunk are missing. → chunkEnd
    case chunk(Int)
    /// The line end after a chunk. → chunkSize
    case chunkEnd
    /// → ended
    case trailers
    /// The body ends with the connection.
    case untilClose
    /// The end is to be reported. → head
    case ended
  }

  private let maxHeaderBytes: Int
  private let maxFields: Int
  private var place = Place.head
  /// The unfinished line, or all lines of the head.
  private var lines: [UInt8] = []
  /// The bytes of complete lines in `lines`.
  private var scannedBytes = 0
  /// How many bytes of this response were neither body nor the sizes of chunks.
  private var headerBytes = 0

  package init(maxHeaderBytes: Int, maxFields: Int) {
    self.maxHeaderBytes = maxHeaderBytes
    self.maxFields = maxFields
  }

  /// Whether the body ends with the connection.
  var endsWithConnection: Bool {
    if case .untilClose = place { true } else { false }
  }

  /// The next event in the input, of which it removes what belongs to it.
  /// - Parameter isHead: whether the request was HEAD.
  /// - Returns: nil when more is needed.
  package mutating func next(_ input: inout UnsafeRawBufferPointer, isHead: Bool = false) throws(Failure) -> Event? {
    while true {
      switch place {
      case .ended:
        place = .head
        headerBytes = 0
        return .end
      case .length(let left):
        guard let part = Self.take(left, from: &input) else { return nil }
        place = part.count == left ? .ended : .length(left - part.count)
        return .body(part)
      case .untilClose:
        guard let part = Self.take(.max, from: &input) else { return nil }
        return .body(part)
      case .chunk(let left):
        guard let part = Self.take(left, from: &input) else { return nil }
        place = part.count == left ? .chunkEnd : .chunk(left - part.count)
        return .body(part)
      case .head:
        guard let head = try readHead(&input, isHead: isHead) else { return nil }
        begin(head)
        return .head(head)
      case .chunkEnd:
        guard let line = try readLine(&input) else { return nil }
        guard line.isEmpty else {
          throw .malformed(HTTP1ResponseError("a chunk of the response is longer than its size"))
        }
        headerBytes -= 2
        place = .chunkSize
      case .chunkSize:
        guard let line = try readLine(&input) else { return nil }
        let (size, digitCount) = try Self.chunkSize(line)
        headerBytes -= digitCount + 2
        place = size == 0 ? .trailers : .chunk(size)
      case .trailers:
        guard let line = try readLine(&input) else { return nil }
        if line.isEmpty { place = .ended }
      }
    }
  }

  private mutating func begin(_ head: HTTP1ResponseHead) {
    if head.isInterim {
      headerBytes = 0
      return
    }
    place =
      switch head.framing {
      case .none, .length(left: 0): .ended
      case .length(let left): .length(left)
      case .chunked: .chunkSize
      case .untilClose: .untilClose
      }
  }

  /// - Returns: nil without input.
  private static func take(_ count: Int, from input: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    if input.isEmpty { return nil }
    let part = UnsafeRawBufferPointer(rebasing: input.prefix(count))
    input = UnsafeRawBufferPointer(rebasing: input.dropFirst(part.count))
    return part
  }

  // MARK: Lines

  /// Takes bytes up to a line feed.
  /// - Returns: whether there is a whole line at the end of `lines`.
  private mutating func takeLine(_ input: inout UnsafeRawBufferPointer) throws(Failure) -> Bool {
    let end = input.firstIndex(of: 0x0A)
    let part = UnsafeRawBufferPointer(rebasing: input[..<(end.map { $0 + 1 } ?? input.endIndex)])
    headerBytes += part.count
    if headerBytes > maxHeaderBytes { throw .tooLong }
    lines += part
    input = UnsafeRawBufferPointer(rebasing: input.dropFirst(part.count))
    if end == nil { return false }
    guard lines.count - scannedBytes >= 2, lines[lines.count - 2] == 0x0D else {
      throw .malformed(HTTP1ResponseError("a line of the response does not end with CR LF"))
    }
    return true
  }

  /// One line without its end; nil when more is needed.
  private mutating func readLine(_ input: inout UnsafeRawBufferPointer) throws(Failure) -> ArraySlice<UInt8>? {
    guard try takeLine(&input) else { return nil }
    defer { lines = [] }
    return lines.dropLast(2)
  }

  private mutating func readHead(
    _ input: inout UnsafeRawBufferPointer, isHead: Bool
  ) throws(Failure) -> HTTP1ResponseHead? {
    while try takeLine(&input) {
      let isEmptyLine = lines.count - scannedBytes == 2
      scannedBytes = lines.count
      if !isEmptyLine { continue }
      defer {
        lines = []
        scannedBytes = 0
      }
      do throws(HTTP1ResponseError) {
        return try HTTP1ResponseHead(Self.split(lines), isHead: isHead, maxFields: maxFields)
      } catch {
        throw .malformed(error)
      }
    }
    return nil
  }

  /// The lines before the empty one, without their ends.
  private static func split(_ lines: [UInt8]) -> [ArraySlice<UInt8>] {
    var split: [ArraySlice<UInt8>] = [], start = 0
    for (index, byte) in lines.enumerated() where byte == 0x0A {
      split.append(lines[start..<index - 1])
      start = index + 1
    }
    return split.dropLast()
  }

  /// RFC 9112 §7.1; extensions are ignored.
  private static func chunkSize(_ line: ArraySlice<UInt8>) throws(Failure) -> (Int, digitCount: Int) {
    let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
    guard (1...15).contains(digits.count) else {
      throw .malformed(HTTP1ResponseError("the size of a chunk is malformed"))
    }
    var size = 0
    for digit in digits {
      guard let value = Character(Unicode.Scalar(digit)).hexDigitValue, digit < 0x80 else {
        throw .malformed(HTTP1ResponseError("the size of a chunk is malformed"))
      }
      size = size << 4 | value
    }
    return (size, digits.count)
  }
}
