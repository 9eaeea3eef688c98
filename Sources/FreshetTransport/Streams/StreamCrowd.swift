// Tells when most streams of a loop have gone, whose memory then goes back to the system.
//
//   small ─ open ─▶ watched ─ look ─▶ watched, gone ─ (few are left) ─▶ small

/// How many streams a loop has, against the most it had. Streams open and close a million times a second, so they are only
/// counted, and what has gone is looked for once a second, and only when there was a crowd.
struct StreamCrowd {
  /// Fewer are not worth it: a stream takes 5 KiB.
  static let leastCount = 256

  private var count = 0
  /// The most at a time since the last look.
  private var peak = 0
  /// The most at a time in the looks before; 0 while there is no crowd, and nothing looks.
  private var most = 0

  /// - Returns: whether there is a crowd now, so that a look is due in a second.
  @inline(__always)
  mutating func open() -> Bool {
    count += 1
    if count <= peak { return false }
    peak = count
    return becomesCrowd()
  }

  @inline(__always)
  mutating func close() { count -= 1 }

  private mutating func becomesCrowd() -> Bool {
    guard most == 0, peak >= Self.leastCount else { return false }
    most = peak
    return true
  }

  /// What became of the crowd in the last second.
  enum OnLook: Equatable {
    /// It is there. The next look is due in a second.
    case remains
    /// Three quarters have gone and stayed away; the rest is a crowd still. The next look is due in a second.
    case hasShrunk
    /// It has gone, and nothing more is to be looked for.
    case hasGone
  }

  mutating func look() -> OnLook {
    let recent = peak
    peak = count
    if recent > most / 4 {
      most = max(most, recent)
      return .remains
    }
    most = recent < Self.leastCount ? 0 : recent
    return most == 0 ? .hasGone : .hasShrunk
  }
}
