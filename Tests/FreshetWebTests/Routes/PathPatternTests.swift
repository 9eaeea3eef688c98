// Patterns of paths.
import Testing

@testable import FreshetWeb

struct PathPatternTests {
  private func match(_ pattern: String, _ path: String) -> [String: String]? {
    PathPattern(pattern)?.match(PathText.segments(of: path))
  }

  @Test func `a pattern matches its own paths, with decoded names`() {
    #expect(match("/healthz", "/healthz?a=b") == [:])
    #expect(match("/healthz", "/healthz/") == nil)
    #expect(match("/healthz", "/health%7A") == [:])
    #expect(match("/rooms/{room}/log", "/rooms/a%2Fb%20c/log") == ["room": "a/b c"])
    #expect(match("/rooms/{room}/log", "/rooms//log") == nil)
    #expect(match("/rooms/{room}", "/rooms/%FF") == nil)
    #expect(match("/rooms/{room}", "/rooms/%4") == nil)
    #expect(match("/f/{path...}", "/f/a/b%20c") == ["path": "a/b c"])
    #expect(match("/f/{path...}", "/f/") == ["path": ""])
    #expect(match("/f/{path...}", "/f") == ["path": ""])
    #expect(match("/{path...}", "/") == ["path": ""])
    #expect(match("/", "/") == [:])
  }

  @Test(arguments: ["", "a", "/{a", "/{}", "/{a}/{a}", "/{a...}/b", "/x{a}", "/{a{b}}"])
  func `malformed patterns are none`(_ text: String) { #expect(PathPattern(text) == nil) }

  @Test func `the more specific pattern comes first, from the left`() throws {
    let patterns = try ["/{a...}", "/{a}/b", "/a/{b}", "/a/b", "/{a}/{b...}"].map { try #require(PathPattern($0)) }
    #expect(patterns.sorted { $0.precedes($1) }.map(\.text) == ["/a/b", "/a/{b}", "/{a}/b", "/{a}/{b...}", "/{a...}"])
    #expect(try #require(PathPattern("/{x}/b")).isSame(as: patterns[1]))
    #expect(!patterns[1].isSame(as: patterns[4]))
  }
}
