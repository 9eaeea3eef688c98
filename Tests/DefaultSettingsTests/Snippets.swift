// Finds code between markers in files, and compares displayed with compiled code.
import Foundation
import Testing

enum Snippets {
  static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The code between begin and end lines, without blank lines and common indentation.
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

  /// Each displayed block must consist of compiled pieces, and each piece must be displayed once.
  static func compare(shown: [(place: String, block: [Substring])], compiled: [[Substring]]) {
    var unused = Array(compiled.indices)
    for (place, block) in shown {
      var rest = block[...]
      while let line = rest.first {
        guard let place = unused.firstIndex(where: { rest.starts(with: compiled[$0]) }) else {
          Issue.record("the code of \(place) is not compiled from here on: \(line)")
          break
        }
        rest = rest.dropFirst(compiled[unused.remove(at: place)].count)
      }
    }
    for index in unused { Issue.record("compiled code is not displayed: \(compiled[index].first ?? "")") }
  }
}
