// Makes text of a peer, or of an application, safe to quote in messages and logs.

/// A peer's bytes as one line of printable ASCII: all others become `\xNN`, a backslash `\\`, so that a peer cannot
/// inject lines into a log, and different texts look different.
/// - Parameter limit: how many bytes are quoted; “…” stands for the rest.
package func printable(_ bytes: some Collection<UInt8>, limit: Int = 256) -> String {
  var text = ""
  for byte in bytes.prefix(limit) {
    switch byte {
    case 0x0D: text += "\\r"
    case 0x0A: text += "\\n"
    case UInt8(ascii: "\\"): text += "\\\\"
    case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
    default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
  return bytes.count > limit ? text + "…" : text
}

/// The same for text.
package func printable(_ text: some StringProtocol, limit: Int = 256) -> String {
  printable(Array(text.utf8), limit: limit)
}

/// Text as one line that reads the same in a log or at a terminal: control characters, line separators and characters
/// that change the direction of writing are written as `\n`, `\xNN` or `\u{NNNN}`; all other characters stay, including
/// the escapes of text that is already `printable`. It need not be ASCII.
/// - Parameter limit: how many bytes are quoted; “…” stands for the rest.
package func singleLine(_ text: String, limit: Int = 4096) -> String {
  if text.utf8.count <= limit, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
  var line = String.UnicodeScalarView(), bytes = 0
  for scalar in text.unicodeScalars {
    bytes += UTF8.width(scalar)
    if bytes > limit { return String(line) + "…" }
    if misleads(scalar) { line.append(contentsOf: escape(scalar).unicodeScalars) } else { line.append(scalar) }
  }
  return String(line)
}

/// Whether the character is a command: to the terminal, to a log parser, or to the reader's eye.
private func misleads(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F..<0xA0: true  // C0 and C1
  case 0x2028, 0x2029: true  // line and paragraph separators
  case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true  // the direction of writing
  case 0xE0000...0xE007F: true  // tags, which are invisible
  default: false
  }
}

private func escape(_ scalar: Unicode.Scalar) -> String {
  switch scalar {
  case "\r": return "\\r"
  case "\n": return "\\n"
  default:
    let hex = String(scalar.value, radix: 16)
    return scalar.value < 0x100 ? "\\x" + (hex.count == 1 ? "0" : "") + hex : "\\u{\(hex)}"
  }
}
