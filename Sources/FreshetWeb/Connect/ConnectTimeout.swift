// The value of Connect-Timeout-Ms: up to ten digits of milliseconds, to a duration and back (W29).

package enum ConnectTimeout {
  /// The duration that a field's value states; nil when it is not 1 to 10 digits, or zero.
  package static func parse(_ digits: some Collection<UInt8>) -> Duration? {
    guard (1...10).contains(digits.count) else { return nil }
    var milliseconds: Int64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      milliseconds = milliseconds * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    return milliseconds > 0 ? .milliseconds(milliseconds) : nil
  }

  /// The field's value for a duration, rounded up, so that the server never gives up before the client. Zero or less becomes 1.
  /// - Returns: nil for what ten digits cannot hold (115 days), which is sent as no timeout.
  package static func format(_ duration: Duration) -> String? {
    guard duration < .milliseconds(mostMilliseconds) else { return nil }
    let (seconds, attoseconds) = max(duration, .milliseconds(1)).components
    let perMillisecond: Int64 = 1_000_000_000_000_000
    return String(seconds * 1000 + (attoseconds + perMillisecond - 1) / perMillisecond)
  }

  private static let mostMilliseconds: Int64 = 9_999_999_999
}
