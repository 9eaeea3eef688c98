// Compares the article "Streams: a guided tour" with compiled code.
import Foundation
import Testing

@Suite("The guided tour")
struct GuideTests {
  private static let snippets = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "GuideSnippets.swift")
  private static let article = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Sources/FreshetStreams/FreshetStreams.docc/GuidedTour.md")

  /// The code between begin and end lines, without common indentation.
  private func pieces(of file: URL, from begin: String, to end: String) throws -> [String] {
    var (all, piece): ([String], [Substring]?) = ([], nil)
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
      let bare = line.drop { $0 == " " }
      if bare.hasPrefix(begin) {
        piece = []
      } else if bare == end, let lines = piece {
        let indentation = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        all.append(lines.map { String($0.dropFirst(indentation)) }.joined(separator: "\n"))
        piece = nil
      } else {
        piece?.append(line)
      }
    }
    return all
  }

  @Test func `Every piece of code in the article is compiled and run by a test, word for word`() throws {
    let compiled = try pieces(of: Self.snippets, from: "// snippet:", to: "// end")
    let shown = try pieces(of: Self.article, from: "```swift", to: "```")
    #expect(shown.count > 8)
    for piece in shown { #expect(compiled.contains(piece), "no test compiles:\n\(piece)") }
    for piece in compiled { #expect(shown.contains(piece), "the article does not show:\n\(piece)") }
  }
}
