// The value of a grpc-timeout header: up to eight digits and a unit, parsed and formatted.

/// Parses and formats the time-out that a client gives a call.
public enum GRPCTimeout {
  /// The duration of a header's value; `nil` unless it is 1 to 8 digits and one of `H M S m u n`.
  public static func parse(_ bytes: UnsafeRawBufferPointer) -> Duration? {
    guard (2...9).contains(bytes.count) else { return nil }
    var number: Int64 = 0
    for byte in bytes.dropLast() {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      number = number * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    switch bytes[bytes.count - 1] {
    case UInt8(ascii: "H"): return .seconds(number * 3600)
    case UInt8(ascii: "M"): return .seconds(number * 60)
    case UInt8(ascii: "S"): return .seconds(number)
    case UInt8(ascii: "m"): return .milliseconds(number)
    case UInt8(ascii: "u"): return .microseconds(number)
    case UInt8(ascii: "n"): return .nanoseconds(number)
    default: return nil
    }
  }

  /// The header's value for a duration, in the finest unit that needs at most eight digits.
  ///
  /// Rounds up, so that the peer never gives up before this side does. The protocol requires a positive number: zero or
  /// less becomes `1n`. More than eight digits of hours (11,000 years) become eight nines.
  public static func format(_ duration: Duration) -> String {
    guard duration > .zero else { return "1n" }
    let (seconds, attoseconds) = duration.components
    for unit in units {
      let (whole, overflows) = seconds.multipliedReportingOverflow(by: unit.perSecond)
      guard !overflows, whole <= mostDigits else { continue }
      let attosecondsPerUnit = 1_000_000_000_000_000_000 / unit.perSecond
      let number = whole + attoseconds / attosecondsPerUnit + (attoseconds % attosecondsPerUnit > 0 ? 1 : 0)
      if number <= mostDigits { return "\(number)\(unit.letter)" }
    }
    let roundedUp = attoseconds > 0 && seconds < .max ? seconds + 1 : seconds
    let minutes = roundedUp / 60 + (roundedUp % 60 > 0 ? 1 : 0)
    if minutes <= mostDigits { return "\(minutes)M" }
    return "\(min(mostDigits, minutes / 60 + (minutes % 60 > 0 ? 1 : 0)))H"
  }

  private static let mostDigits: Int64 = 99_999_999
  private static let units: [(letter: Character, perSecond: Int64)] = [
    ("n", 1_000_000_000), ("u", 1_000_000), ("m", 1_000), ("S", 1),
  ]
}
