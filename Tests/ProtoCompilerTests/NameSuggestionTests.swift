// Suggestions for misspelt names.
import Testing

@testable import ProtoCompiler

@Suite struct NameSuggestionTests {
  @Test(
    arguments: [
      ("strng", "string"), ("STRING", "string"), ("sting", "string"), ("byte", "bytes"), ("int6", "int64"),
    ])
  func `The nearest candidate is suggested, ignoring case`(name: String, expected: String) {
    #expect(NameSuggestion.nearest(to: name, among: ["string", "bytes", "int32", "int64"]) == expected)
  }

  @Test func `Ties are broken alphabetically`() {
    #expect(NameSuggestion.nearest(to: "ac", among: ["ad", "ab"]) == "ab")
  }

  @Test(
    arguments: [
      "", "x", "entirely_other", String(repeating: "string", count: 50),
    ])
  func `A name far from all candidates gets no suggestion`(name: String) {
    #expect(NameSuggestion.nearest(to: name, among: ["string", "bytes"]) == nil)
  }
}
