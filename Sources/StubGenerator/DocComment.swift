// Converts a schema's comments to Swift.
import SwiftProtobuf

struct DocComment {
  /// Each begins with `///`.
  let lines: [String]

  /// The leading comment of the declaration, or the trailing one; `fallback` if it has neither.
  init(_ location: Google_Protobuf_SourceCodeInfo.Location?, fallback: String) {
    let written = location.map { $0.hasLeadingComments ? $0.leadingComments : $0.trailingComments } ?? ""
    let texts = Self.paragraphs(of: written)
    lines = (texts.isEmpty ? [fallback] : texts).map { $0.isEmpty ? "///" : "/// " + $0 }
  }

  /// The lines without the space after the comment marker, and without blank lines around them.
  ///
  /// Any character that Swift treats as a line end also ends a line here, or the rest of a comment would become code.
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
