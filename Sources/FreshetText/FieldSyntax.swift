// What field names and values are made of: tokens, blanks, lists (RFC 9110 §5.6).

package func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

package func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
    true
  default: "!#$%&'*+.^_`|~".utf8.contains(byte)
  }
}

package func isToken(_ bytes: some Collection<UInt8>) -> Bool { !bytes.isEmpty && bytes.allSatisfy(isTokenByte) }

/// Whether a value may have this byte: all but control characters other than tabs (RFC 9110 §5.5).
package func isFieldValueByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == UInt8(ascii: "\t") }

/// The items of a list that is divided by commas, in lower case and without the blanks around them; empty ones are left out.
package func listItems(_ value: some Collection<UInt8>) -> [String] {
  value.split(separator: UInt8(ascii: ",")).compactMap { item in
    var item = Array(item)[...]
    while let first = item.first, isBlank(first) { item.removeFirst() }
    while let last = item.last, isBlank(last) { item.removeLast() }
    return item.isEmpty ? nil : String(decoding: item, as: UTF8.self).lowercased()
  }
}
