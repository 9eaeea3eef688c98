// Origins as browsers and people write them.
import Testing

@testable import FreshetWeb

@Suite("Origin")
struct OriginTests {
  @Test func `Case and a scheme's own port make no difference`() {
    #expect(Origin("HTTPS://App.Example:443") == Origin("https://app.example"))
    #expect(Origin("http://a:80")?.text == "http://a")
    #expect(Origin("http://a:443")?.text == "http://a:443")
    #expect(Origin(scheme: "https", authority: "A:443") == Origin("https://a"))
    #expect(Origin("http://[::1]:8080")?.text == "http://[::1]:8080")
    #expect(Origin("NULL") == .null)
  }

  @Test func `Another scheme, host or port is another origin`() {
    #expect(Set(["http://a", "https://a", "http://b", "http://a:81", "null"].compactMap { Origin($0) }).count == 5)
  }

  @Test(
    arguments: [
      "", "*", "a.example", "https:", "https://", "https://a/", "https://a/b", "https://a?b", "https://u@a",
      "https://*.a", "://a", "https://a, https://b", "https://a b",
    ])
  func `What is no origin is none`(text: String) { #expect(Origin(text) == nil) }
}
