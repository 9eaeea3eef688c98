// What a request for a route says of itself.
import FreshetHTTP

/// The parts of a head that routes are given.
struct RequestTarget {
  let path: String
  let query: String?
  let parameters: [String: String]
  let fields: [HTTPField]

  init(_ all: HeaderFields, _ pattern: PathPattern) {
    let target = all.first(":path") ?? "/"
    path = String(target.prefix { $0 != "?" })
    query = target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) }
    parameters = pattern.match(PathText.segments(of: target)) ?? [:]
    var fields: [HTTPField] = []
    all.forEach { name, value in
      if name.first == UInt8(ascii: ":") { return }
      fields.append(HTTPField(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
    }
    self.fields = fields
  }
}
