// Reports settings out of range: the given value, and the allowed range.

/// A number set by a user, and its allowed range.
private struct SettingRange {
  let name: String
  let given: Int
  let allowed: ClosedRange<Int>

  func check() throws(HTTP2Error) {
    if allowed.contains(given) { return }
    let text =
      allowed.upperBound == .max ? "at least \(allowed.lowerBound)" : "\(allowed.lowerBound) to \(allowed.upperBound)"
    throw HTTP2Error(.invalidSetting, "\(name) is \(given), but must be \(text)")
  }
}

extension HTTP2Settings {
  /// The largest window (RFC 9113 §6.9.1).
  private static let maxWindowBytes = Int(Int32.max)

  /// - Throws: `HTTP2Error.invalidSetting` with the first setting that is out of range, its value and the range.
  public func validate() throws(HTTP2Error) {
    let window = 1...Self.maxWindowBytes
    let all = [
      SettingRange(name: "http2.maxConcurrentStreams", given: Int(maxConcurrentStreams), allowed: 1...Int.max),
      SettingRange(name: "http2.streamWindowBytes", given: firstStreamWindowBytes, allowed: window),
      SettingRange(name: "http2.connectionWindowBytes", given: firstConnectionWindowBytes, allowed: window),
      SettingRange(name: "http2.windowBudgetBytes", given: Int(windowBudgetBytes), allowed: 0...Self.maxWindowBytes),
      SettingRange(name: "http2.maxHeaderListBytes", given: Int(maxHeaderListBytes), allowed: 1...Int.max),
      SettingRange(name: "http2.maxFrameBytes", given: Int(maxFrameBytes), allowed: 16_384...16_777_215),
    ]
    for setting in all { try setting.check() }
  }
}

extension FloodLimits {
  /// - Throws: `HTTP2Error.invalidSetting` with the first limit that is out of range, its value and the range.
  public func validate() throws(HTTP2Error) {
    let all: [(String, Int)] = [
      ("frameBurst", frameBurst), ("framesPerSecond", framesPerSecond), ("resetBurst", resetBurst),
      ("resetsPerSecond", resetsPerSecond), ("maxContinuations", maxContinuations),
      ("maxUntakenAnswers", maxUntakenAnswers), ("maxHeaderListFactor", maxHeaderListFactor),
    ]
    // More than 2³¹ − 1 of anything is no bound, and sums of these numbers must not overflow.
    for (name, given) in all where !(1...Int(Int32.max)).contains(given) {
      try SettingRange(name: "floods.\(name)", given: given, allowed: 1...Int(Int32.max)).check()
    }
    let earned = SettingRange(
      name: "floods.framesPerSentFrame", given: framesPerSentFrame, allowed: 0...Int(Int32.max))
    try earned.check()
  }
}
