// Holds README.md against the code that the compiler has seen.
import Foundation
import Testing

@Suite struct ReadmeTests {
  private static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let snippets = [
    "Tests/DefaultSettingsTests/ReadmeSnippets.swift", "Tests/ConsumerPackage/Package.swift",
  ]

  /// The pieces of code between lines that begin one and lines that end one, without blank lines and common indentation.
  private static func pieces(of file: String, from begin: String, to end: String) throws -> [[Substring]] {
    var (all, piece): ([[Substring]], [Substring]?) = ([], nil)
    for line in try String(contentsOf: root.appending(path: file), encoding: .utf8).split(separator: "\n") {
      let bare = line.drop { $0 == " " }
      if bare == begin {
        piece = []
      } else if bare == end, let lines = piece {
        let indentation = lines.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        all.append(lines.map { $0.dropFirst(indentation) })
        piece = nil
      } else if !bare.isEmpty {
        piece?.append(line)
      }
    }
    return all
  }

  @Test func `README's code is compiled word for word, each block by one piece or several`() throws {
    let compiled = try Self.snippets.flatMap { try Self.pieces(of: $0, from: "// README", to: "// end") }
    let shown = try Self.pieces(of: "README.md", from: "```swift", to: "```")
    #expect(shown.count > 7)
    var unused = Array(compiled.indices)
    for block in shown {
      var rest = block[...]
      while let line = rest.first {
        guard let place = unused.firstIndex(where: { rest.starts(with: compiled[$0]) }) else {
          Issue.record("nothing compiles README's code from here on: \(line)")
          break
        }
        rest = rest.dropFirst(compiled[unused.remove(at: place)].count)
      }
    }
    for index in unused { Issue.record("README does not show: \(compiled[index].first ?? "")") }
  }
}
