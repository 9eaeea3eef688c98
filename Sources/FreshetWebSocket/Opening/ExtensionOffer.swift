// The extensions in Sec-WebSocket-Extensions, with their parameters (RFC 6455 §9.1).

/// An extension as offered or agreed on (RFC 6455 §9.1).
package struct ExtensionOffer: Sendable, Hashable {
  package struct Parameter: Sendable, Hashable {
    package var name: String
    package var value: String? = nil
  }

  package var name: String
  package var parameters: [Parameter] = []

  package init(name: String) { self.name = name }

  /// The extensions of all values of Sec-WebSocket-Extensions, in order; nil if one is malformed.
  package static func all(in values: [String]) -> [ExtensionOffer]? {
    var offers: [ExtensionOffer] = []
    for value in values {
      guard let members = split(value, at: ",") else { return nil }
      for member in members {
        guard let offer = ExtensionOffer(member) else { return nil }
        offers.append(offer)
      }
    }
    return offers
  }

  init?(_ text: String) {
    guard let parts = Self.split(text, at: ";"), let name = parts.first, isToken(name) else { return nil }
    self.name = name.lowercased()
    for part in parts.dropFirst() {
      guard let parameter = Self.parameter(part) else { return nil }
      parameters.append(parameter)
    }
  }

  private static func parameter(_ text: String) -> Parameter? {
    guard let equals = text.firstIndex(of: "=") else {
      return isToken(text) ? Parameter(name: text.lowercased()) : nil
    }
    let name = trimmed(text[..<equals])
    var value = trimmed(text[text.index(after: equals)...])
    if value.count >= 2, value.first == "\"", value.last == "\"" {
      value = String(value.dropFirst().dropLast())
    }
    // In quotes, too, the value must be a token (RFC 6455 §9.1).
    return isToken(name) && isToken(value) ? Parameter(name: name.lowercased(), value: value) : nil
  }

  /// The trimmed parts between separators that are not in quotes; nil if a quote is not closed.
  private static func split(_ text: String, at separator: Character) -> [String]? {
    var parts = [""], isQuoted = false
    for character in text {
      if character == "\"" { isQuoted.toggle() }
      if character == separator, !isQuoted { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    return isQuoted ? nil : parts.map { trimmed($0) }
  }

  /// As it is written in a field.
  package var text: String {
    parameters.reduce(into: name) { text, parameter in
      text += "; \(parameter.name)" + (parameter.value.map { "=\($0)" } ?? "")
    }
  }
}
