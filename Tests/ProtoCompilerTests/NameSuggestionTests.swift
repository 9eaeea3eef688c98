// The name that was meant.
import Testing

@testable import ProtoCompiler

@Suite struct NameSuggestionTests {
  @Test(
    "The nearest candidate is suggested, whatever its case",
    arguments: [
      ("strng", "string"), ("STRING", "string"), ("sting", "string"), ("byte", "bytes"), ("int6", "int64"),
    ])
  func nearest(name: String, expected: String) {
    #expect(NameSuggestion.nearest(to: name, among: ["string", "bytes", "int32", "int64"]) == expected)
  }

  @Test("Among equals it is the first by alphabet")
  func ties() {
    #expect(NameSuggestion.nearest(to: "ac", among: ["ad", "ab"]) == "ab")
  }

  @Test(
    "Nothing is suggested for what is far from all",
    arguments: [
      "", "x", "entirely_other", String(repeating: "string", count: 50),
    ])
  func nothing(name: String) {
    #expect(NameSuggestion.nearest(to: name, among: ["string", "bytes"]) == nil)
  }
}
