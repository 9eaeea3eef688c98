// Carries the comments of a schema over into Swift.
import SwiftProtobuf

struct DocComment {
  /// Each begins with `///`.
  let lines: [String]

  /// The comment above the declaration, or that behind it; `fallback` if it has none.
  init(_ location: Google_Protobuf_SourceCodeInfo.Location?, fallback: String) {
    let written = location.map { $0.hasLeadingComments ? $0.leadingComments : $0.trailingComments } ?? ""
    let texts = Self.paragraphs(of: written)
    lines = (texts.isEmpty ? [fallback] : texts).map { $0.isEmpty ? "///" : "/// " + $0 }
  }

  /// The lines without the blank that follows the comment's sign, and without blank lines around them.
  ///
  /// Any character that Swift takes for the end of a line ends one here, lest the rest of a comment become code.
  private static func paragraphs(of text: String) -> [String] {
    let lines = text.replacing("\r\n", with: "\n").unicodeScalars.split(omittingEmptySubsequences: false) {
      $0 == "\n" || $0 == "\r"
    }
    let texts = lines.map { line in
      let printable = String(String.UnicodeScalarView(line.map { $0.value < 0x20 && $0 != "\t" ? " " : $0 }))
      let trimmed = String(printable.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
      return trimmed.hasPrefix(" ") ? String(trimmed.dropFirst()) : trimmed
    }
    let isBlank = { (line: String) in line.isEmpty }
    return Array(Array(texts.drop(while: isBlank)).reversed().drop(while: isBlank).reversed())
  }
}
