// Reads what many fields of HTTP are made of: a name, then parameters behind semicolons (RFC 9110 §5.6.6).
import FreshetText

/// `name; parameter=value; parameter="value"`, read from its front. Names come out in lower case.
struct ParameterList {
  private var rest: ArraySlice<UInt8>

  init(_ value: some Collection<UInt8>) {
    rest = Array(value)[...]
    trim()
  }

  /// Whether all was read. What stops before the end is malformed.
  var isEmpty: Bool { rest.isEmpty }

  /// What precedes the first semicolon, without the blanks at its ends; nil if that is nothing.
  mutating func readName() -> String? {
    let end = rest.firstIndex(of: UInt8(ascii: ";")) ?? rest.endIndex
    var name = rest[..<end]
    rest = rest[end...]
    while let last = name.last, isBlank(last) { name.removeLast() }
    return name.isEmpty ? nil : String(decoding: name, as: UTF8.self).lowercased()
  }

  /// The next parameter; nil at the end, and for what is none. A semicolon may stand without a parameter.
  mutating func readParameter() -> (name: String, value: String)? {
    let start = rest
    while rest.first == UInt8(ascii: ";") {
      rest.removeFirst()
      trim()
    }
    guard rest.count < start.count, !rest.isEmpty else { return nil }
    guard let name = readToken(), rest.first == UInt8(ascii: "=") else { return fail(start) }
    rest.removeFirst()
    guard let value = rest.first == UInt8(ascii: "\"") ? readQuoted() : readToken() else { return fail(start) }
    trim()
    guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { return fail(start) }
    return (name.lowercased(), value)
  }

  private mutating func fail(_ start: ArraySlice<UInt8>) -> (name: String, value: String)? {
    rest = start
    return nil
  }

  private mutating func readToken() -> String? {
    let token = rest.prefix(while: isTokenByte)
    rest = rest[token.endIndex...]
    return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
  }

  /// RFC 9110 §5.6.4.
  private mutating func readQuoted() -> String? {
    var text: [UInt8] = []
    rest.removeFirst()
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        text.append(escaped)
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func trim() {
    while let first = rest.first, isBlank(first) { rest.removeFirst() }
  }
}
