// What the bytes of a field's value are made of: tokens, blanks, lists (RFC 9110 §5.6).
import FreshetHTTP
import FreshetText

func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
    UInt8(ascii: "A")...UInt8(ascii: "Z"):
    true
  default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}

func isToken(_ bytes: some Collection<UInt8>) -> Bool { !bytes.isEmpty && bytes.allSatisfy(isTokenByte) }

/// The items of a list that is divided by commas, in lower case and without the blanks around them; empty ones are left out.
func listItems(_ value: some Collection<UInt8>) -> [String] {
  value.split(separator: UInt8(ascii: ",")).compactMap { item in
    var item = Array(item)[...]
    while let first = item.first, isBlank(first) { item.removeFirst() }
    while let last = item.last, isBlank(last) { item.removeLast() }
    return item.isEmpty ? nil : String(decoding: item, as: UTF8.self).lowercased()
  }
}

extension HeaderFields {
  /// The items of all fields of this name.
  func list(_ name: StaticString) -> [String] {
    var items: [String] = []
    forEach { if $0.equals(name) { items += listItems($1) } }
    return items
  }

  /// The values of all fields of this name, as text.
  func values(_ name: StaticString) -> [String] {
    var values: [String] = []
    forEach { if $0.equals(name) { values.append(String(decoding: $1, as: UTF8.self)) } }
    return values
  }
}
