// The Date field of responses (RFC 9110 §6.6.1).
import CCoarseClock

/// The current time in HTTP's format, updated once a second. Belongs to one event loop.
struct DateField {
  private var second: Int64 = -1
  private(set) var text = ""

  /// Seconds since 1970, UTC.
  static var now: Int64 { freshet_unix_seconds() }

  /// - Parameter seconds: since 1970, UTC.
  mutating func update(seconds: Int64) {
    if seconds == second { return }
    second = seconds
    text = Self.format(seconds)
  }

  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  static func format(_ seconds: Int64) -> String {
    let days = Int(seconds / 86_400), rest = Int(seconds % 86_400)
    // The civil date, counted from 1 March of the year 0 in eras of 400 years, which all have 146,097 days.
    let shifted = days + 719_468, era = shifted / 146_097, dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    let time = "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
    return "\(Self.days[days % 7]), \(two(day)) \(months[month - 1]) \(year) \(time) GMT"
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
