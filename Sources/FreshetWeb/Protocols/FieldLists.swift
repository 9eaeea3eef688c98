// All fields of one name.
import FreshetHTTP
import FreshetText

extension HeaderFields {
  /// The items of all fields of this name, which are lists divided by commas.
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
