// Reading the fields of a handshake: single values, and lists of tokens (RFC 9110 §5.6).
import FreshetHTTP
import FreshetText

extension HeaderFields {
  /// The values of a field, in order.
  func values(_ name: StaticString) -> [String] {
    var values: [String] = []
    forEach { fieldName, value in
      if fieldName.equals(name) { values.append(String(decoding: value, as: UTF8.self)) }
    }
    return values
  }

  /// The value of a field; nil if it is missing, or there are several.
  func single(_ name: StaticString) -> String? {
    let values = values(name)
    return values.count == 1 ? values[0] : nil
  }

  /// The members of a list field.
  func list(_ name: StaticString) -> [String] {
    values(name).flatMap { $0.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty } }
  }
}

/// Without blanks at both ends.
func trimmed(_ text: some StringProtocol) -> String {
  let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
  return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
}

/// Whether the text is a token (RFC 9110 §5.6.2).
func isToken(_ text: some StringProtocol) -> Bool { FreshetText.isToken(text.utf8) }
