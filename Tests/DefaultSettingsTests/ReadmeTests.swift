// Compares README.md with the compiled snippets.
import Testing

@Suite struct ReadmeTests {
  private static let snippets = [
    "Tests/DefaultSettingsTests/ReadmeSnippets.swift", "Tests/ConsumerPackage/Package.swift",
  ]

  @Test func `README's code is compiled verbatim, each block as one or more pieces`() throws {
    let compiled = try Self.snippets.flatMap { try Snippets.pieces(ofFile: $0, from: "// README", to: "// end") }
    let shown = try Snippets.pieces(ofFile: "README.md", from: "```swift", to: "```")
    #expect(shown.count > 7)
    Snippets.compare(shown: shown.map { ("README.md", $0) }, compiled: compiled)
  }
}
