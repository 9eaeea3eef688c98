// Writes Swift source line by line, indented by its depth.

struct SourceWriter {
  private(set) var text = ""
  private var depth = 0

  mutating func line(_ line: String = "") {
    if !line.isEmpty { text += String(repeating: "  ", count: depth) + line }
    text += "\n"
  }

  mutating func lines(_ lines: [String]) {
    for line in lines { self.line(line) }
  }

  /// Writes a head, an indented body, and the closing line.
  mutating func block(_ head: String, closing: String = "}", _ body: (inout SourceWriter) -> Void) {
    line(head)
    indented(body)
    line(closing)
  }

  mutating func indented(_ body: (inout SourceWriter) -> Void) {
    depth += 1
    body(&self)
    depth -= 1
  }

  /// Writes two parts of a statement, the second on a line of its own if they do not fit on one.
  mutating func line(_ first: String, wrapping second: String) {
    guard !second.isEmpty, !fits(first + " " + second) else {
      return line(second.isEmpty ? first : first + " " + second)
    }
    line(first)
    line("  " + second)
  }

  /// Writes `head(items)tail rest`: each item on a line of its own if they do not fit on one.
  mutating func list(_ head: String, _ items: [String], _ tail: String = "", wrapping rest: String = "") {
    let whole = "\(head)(\(items.joined(separator: ", ")))\(tail)\(rest.isEmpty ? "" : " " + rest)"
    guard !fits(whole) else { return line(whole) }
    line(head + "(")
    for (index, item) in items.enumerated() { line("  " + item + (index + 1 < items.count ? "," : "")) }
    let end = ")" + tail
    if fits(end + " " + rest) { return line(rest.isEmpty ? end : end + " " + rest) }
    line(end)
    line(rest)
  }

  private func fits(_ line: String) -> Bool { depth * 2 + line.count <= Self.maxColumns }

  private static let maxColumns = 120
}
