// Compares the code in doc comments of the public modules with the compiled snippets.
import Foundation
import Testing

@Suite struct DocCommentTests {
  /// The text of a file's doc comments, line by line; lines without one are empty.
  private static func comments(of file: URL) throws -> [Substring] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let bare = line.drop { $0 == " " }
      guard bare.hasPrefix("///") else { return "" }
      let text = bare.dropFirst(3)
      return text.first == " " ? text.dropFirst() : text
    }
  }

  /// The sources of Freshet, its re-exported modules and FreshetErrorDetails, without the generator's.
  private static func publicSources() throws -> [String] {
    let sources = Snippets.root.appending(path: "Sources").path
    let files = FileManager.default.enumerator(atPath: sources)?.compactMap { $0 as? String } ?? []
    return files.filter {
      $0.hasPrefix("Freshet") && !$0.hasPrefix("FreshetCommand/") && $0.hasSuffix(".swift")
    }.sorted()
  }

  @Test func `code in doc comments is compiled verbatim; a line with only an ellipsis elides code`() throws {
    var shown: [(String, [Substring])] = []
    for file in try Self.publicSources() {
      let comments = try Self.comments(of: Snippets.root.appending(path: "Sources/\(file)")).joined(separator: "\n")
      for block in Snippets.pieces(of: comments, from: "```swift", to: "```") {
        shown.append((file, block.filter { $0.drop { $0 == " " } != "…" }))
      }
    }
    #expect(shown.count > 30)
    let compiled = try Snippets.pieces(
      ofFile: "Tests/DefaultSettingsTests/DocCommentSnippets.swift", from: "// doc", to: "// end")
    Snippets.compare(shown: shown, compiled: compiled)
  }

  @Test func `code blocks in doc comments have a language`() throws {
    for file in try Self.publicSources() {
      var (isOpen, before): (Bool, Substring) = (false, "")
      for (number, line) in try Self.comments(of: Snippets.root.appending(path: "Sources/\(file)")).enumerated() {
        if line.hasPrefix("```") {
          isOpen.toggle()
          #expect(!isOpen || line.count > 3, "\(file):\(number + 1): a block without a language")
        }
        #expect(isOpen || !before.isEmpty || !line.hasPrefix("    "), "\(file):\(number + 1): indented code")
        before = line
      }
    }
  }
}
