// S4: the grpc-timeout header, parsed and formatted.
import FreshetCore
import Testing

@Suite("GRPCTimeout")
struct GRPCTimeoutTests {
  private func parse(_ text: String) -> Duration? { Array(text.utf8).withUnsafeBytes { GRPCTimeout.parse($0) } }

  @Test(
    arguments: [
      ("1H", .seconds(3600)), ("2M", .seconds(120)), ("3S", .seconds(3)), ("4m", .milliseconds(4)),
      ("5u", .microseconds(5)), ("6n", .nanoseconds(6)), ("0S", .zero), ("00000007S", .seconds(7)),
      ("99999999H", .seconds(99_999_999 * 3600)),
    ] as [(String, Duration)])
  func `S4: 1 to 8 digits and a unit are a duration`(text: String, duration: Duration) {
    #expect(parse(text) == duration)
  }

  @Test(
    arguments: [
      "", "1", "S", "123456789S", "1s", "1h", "-1S", "+1S", "1.5S", " 1S", "1S ", "1 S", "1SS", "0x1S", "S1", "١S",
    ])
  func `S4: anything else is malformed`(text: String) { #expect(parse(text) == nil) }

  @Test(
    arguments: [
      (.nanoseconds(1), "1n"), (.seconds(0) - .seconds(1), "1n"), (.zero, "1n"),
      (.nanoseconds(99_999_999), "99999999n"), (.nanoseconds(100_000_000), "100000u"),
      (.nanoseconds(100_000_001), "100001u"), (.milliseconds(1500), "1500000u"), (.seconds(99), "99000000u"),
      (.seconds(100), "100000m"), (.seconds(99_999), "99999000m"), (.seconds(100_000), "100000S"),
      (.seconds(100_000) + .nanoseconds(1), "100001S"), (.seconds(99_999_999), "99999999S"),
      (.seconds(99_999_999) + .nanoseconds(1), "1666667M"), (.seconds(100_000_000), "1666667M"),
      (.seconds(99_999_999 * 60), "99999999M"), (.seconds(99_999_999 * 60 + 1), "1666667H"),
      (.seconds(Int64.max), "99999999H"), (Duration(secondsComponent: 0, attosecondsComponent: 1), "1n"),
    ] as [(Duration, String)])
  func `A duration is written in the finest unit of eight digits, rounded up`(duration: Duration, text: String) {
    #expect(GRPCTimeout.format(duration) == text)
  }

  @Test func `A formatted time-out parses as no less, and as less than one unit more`() throws {
    var duration = Duration.nanoseconds(1)
    while duration < .seconds(10_000_000_000) {
      let read = try #require(parse(GRPCTimeout.format(duration)))
      #expect(read >= duration && read <= duration * 1.001 + .nanoseconds(1), "\(duration) became \(read)")
      duration = duration * 1.37 + .nanoseconds(1)
    }
  }
}
