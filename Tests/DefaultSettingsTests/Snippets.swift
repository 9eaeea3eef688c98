// Finds code in files by what stands before and after it, and holds what documents show against what was compiled.
import Foundation
import Testing

enum Snippets {
  static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The pieces of code between lines that begin one and lines that end one, without blank lines and common indentation.
  static func pieces(of text: String, from begin: String, to end: String) -> [[Substring]] {
    var (all, piece): ([[Substring]], [Substring]?) = ([], nil)
    for line in text.split(separator: "\n") {
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

  static func pieces(ofFile file: String, from begin: String, to end: String) throws -> [[Substring]] {
    pieces(of: try String(contentsOf: root.appending(path: file), encoding: .utf8), from: begin, to: end)
  }

  /// Each block that is shown must be one piece or several that were compiled, each piece be shown once.
  static func compare(shown: [(place: String, block: [Substring])], compiled: [[Substring]]) {
    var unused = Array(compiled.indices)
    for (place, block) in shown {
      var rest = block[...]
      while let line = rest.first {
        guard let place = unused.firstIndex(where: { rest.starts(with: compiled[$0]) }) else {
          Issue.record("nothing compiles the code of \(place) from here on: \(line)")
          break
        }
        rest = rest.dropFirst(compiled[unused.remove(at: place)].count)
      }
    }
    for index in unused { Issue.record("nothing shows what is compiled: \(compiled[index].first ?? "")") }
  }
}
