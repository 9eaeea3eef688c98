// The name that was meant.
import Testing

@testable import ProtoCompiler

@Suite struct NameSuggestionTests {
  @Test(
    arguments: [
      ("strng", "string"), ("STRING", "string"), ("sting", "string"), ("byte", "bytes"), ("int6", "int64"),
    ])
  func `The nearest candidate is suggested, whatever its case`(name: String, expected: String) {
    #expect(NameSuggestion.nearest(to: name, among: ["string", "bytes", "int32", "int64"]) == expected)
  }

  @Test func `Among equals it is the first by alphabet`() {
    #expect(NameSuggestion.nearest(to: "ac", among: ["ad", "ab"]) == "ab")
  }

  @Test(
    arguments: [
      "", "x", "entirely_other", String(repeating: "string", count: 50),
    ])
  func `Nothing is suggested for what is far from all`(name: String) {
    #expect(NameSuggestion.nearest(to: name, among: ["string", "bytes"]) == nil)
  }
}
