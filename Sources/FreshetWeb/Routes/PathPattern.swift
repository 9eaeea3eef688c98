// The paths of plain routes: literal segments, and names for those that differ.

/// `/rooms/{room}/log`, or `/files/{path...}` for the rest of a path.
struct PathPattern: Sendable, Hashable {
  enum Segment: Sendable, Hashable {
    case literal(String)
    /// Exactly one segment, not empty.
    case one(String)
    /// All that follow, and none as well.
    case rest(String)
  }

  let text: String
  let segments: [Segment]

  /// - Returns: nil unless it begins with a slash, each name is there once, and the rest is last.
  init?(_ text: String) {
    guard text.hasPrefix("/") else { return nil }
    var segments: [Segment] = [], names: Set<String> = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      if case .rest? = segments.last { return nil }
      guard part.hasPrefix("{"), part.hasSuffix("}") else {
        if part.contains("{") || part.contains("}") { return nil }
        segments.append(.literal(String(part)))
        continue
      }
      let name = part.dropFirst().dropLast()
      let isRest = name.hasSuffix("...")
      let bare = String(isRest ? name.dropLast(3) : name)
      guard !bare.isEmpty, !bare.contains("{"), !bare.contains("}"), names.insert(bare).inserted else { return nil }
      segments.append(isRest ? .rest(bare) : .one(bare))
    }
    self.text = text
    self.segments = segments
  }

  /// The values of the names, decoded; nil if the path is another.
  /// - Parameter path: its segments as they came.
  func match(_ path: [String]) -> [String: String]? {
    var values: [String: String] = [:]
    for (index, segment) in segments.enumerated() {
      switch segment {
      case .literal(let text): guard index < path.count, PathText.decode(path[index]) == text else { return nil }
      case .one(let name):
        guard index < path.count, !path[index].isEmpty, let value = PathText.decode(path[index]) else { return nil }
        values[name] = value
      case .rest(let name):
        guard index <= path.count else { return nil }
        var parts: [String] = []
        for part in path[index...] {
          guard let part = PathText.decode(part) else { return nil }
          parts.append(part)
        }
        values[name] = parts.joined(separator: "/")
        return values
      }
    }
    return path.count == segments.count ? values : nil
  }

  /// Which of two patterns that match the same path is meant: literals before names before rests, from the left.
  func precedes(_ other: PathPattern) -> Bool {
    for (mine, theirs) in zip(segments, other.segments) where mine.rank != theirs.rank {
      return mine.rank < theirs.rank
    }
    return segments.count > other.segments.count
  }

  /// Whether two patterns match the same paths.
  func isSame(as other: PathPattern) -> Bool {
    segments.count == other.segments.count
      && zip(segments, other.segments).allSatisfy { mine, theirs in
        if case .literal = mine { mine == theirs } else { mine.rank == theirs.rank }
      }
  }
}

extension PathPattern.Segment {
  fileprivate var rank: Int {
    switch self {
    case .literal: 0
    case .one: 1
    case .rest: 2
    }
  }
}

enum PathText {
  /// A path's segments as they came, without the query.
  static func segments(of path: String) -> [String] {
    let bare = path.prefix { $0 != "?" }
    return bare.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
  }

  /// Percent-decoded UTF-8; nil if it is not.
  static func decode(_ segment: some StringProtocol) -> String? {
    var bytes: [UInt8] = [], rest = Array(segment.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hex), let low = rest.popFirst().flatMap(hex) else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// A segment of a path, in which all but the unreserved characters of RFC 3986 is encoded.
  static func encode(_ segment: String) -> String {
    segment.utf8.reduce(into: "") { text, byte in
      if isUnreserved(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~".utf8.contains(byte)
    }
  }

  private static func hex(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
