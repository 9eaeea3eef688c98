// Makes text of a peer safe to be quoted in messages and logs.

/// Bytes of a peer as one line of printable ASCII: everything else is written as `\xNN`, a backslash as `\\`, so that no
/// peer writes lines of its own into a log, and no two texts look the same.
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

/// As above for text.
package func printable(_ text: some StringProtocol, limit: Int = 256) -> String {
  printable(Array(text.utf8), limit: limit)
}
