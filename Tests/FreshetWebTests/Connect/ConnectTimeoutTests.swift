// W29: Connect-Timeout-Ms.
import FreshetWeb
import Testing

@Suite("ConnectTimeout")
struct ConnectTimeoutTests {
  @Test(arguments: [("1", 1), ("0010", 10), ("200", 200), ("9999999999", 9_999_999_999)])
  func `W29: up to ten digits are milliseconds`(text: String, milliseconds: Int) {
    #expect(ConnectTimeout.parse(text.utf8) == .milliseconds(milliseconds))
  }

  @Test(arguments: ["", "0", "0000000000", "12345678901", "-1", "+1", "1m", " 1", "1 ", "1.5", "0x1", "١"])
  func `W29: anything else is no timeout`(text: String) { #expect(ConnectTimeout.parse(text.utf8) == nil) }

  @Test func `W29: durations are written rounded up, and positive`() {
    #expect(ConnectTimeout.format(.milliseconds(200)) == "200")
    #expect(ConnectTimeout.format(.nanoseconds(200_000_001)) == "201")
    #expect(ConnectTimeout.format(.seconds(2) + .nanoseconds(999_999_999)) == "3000")
    #expect(ConnectTimeout.format(.nanoseconds(1)) == "1")
    #expect(ConnectTimeout.format(.zero) == "1")
    #expect(ConnectTimeout.format(.seconds(-5)) == "1")
    #expect(ConnectTimeout.format(.milliseconds(9_999_999_998)) == "9999999998")
    #expect(ConnectTimeout.format(.milliseconds(9_999_999_999)) == nil)
    #expect(ConnectTimeout.format(.seconds(Int64.max)) == nil)
  }
}
