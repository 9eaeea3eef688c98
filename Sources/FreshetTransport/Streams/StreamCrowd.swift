// Detects that most streams of a loop have gone after a peak, so that their memory can be returned to the system.
//
//   small ─ open ─▶ watched ─ look ─▶ watched, gone ─ (few are left) ─▶ small

/// A loop's number of streams, compared with its peak. Streams open and close a million times a second, so they are
/// only counted; whether they have gone is checked once a second, and only after a peak.
struct StreamCrowd {
  /// Fewer are not worth it: a stream takes 5 KiB.
  static let leastCount = 256

  private var count = 0
  /// The maximum since the last check.
  private var peak = 0
  /// The maximum of earlier checks; 0 if there was no peak, and no checks run.
  private var most = 0

  /// - Returns: whether there is a peak now, so that a check is due in a second.
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

  /// What happened to the peak in the last second.
  enum OnLook: Equatable {
    /// It persists. The next check is due in a second.
    case remains
    /// Three quarters have gone and stayed away; the rest is still a peak. The next check is due in a second.
    case hasShrunk
    /// It is over, and no more checks are due.
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
