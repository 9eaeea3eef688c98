// Converts between metadata and the runner's headers: a name and all its values, bytes as base64.
import ConformanceStubs
package import Freshet
import FreshetCore

extension Metadata {
  package init(_ headers: [Header]) {
    self.init()
    for header in headers {
      for value in header.value {
        if Metadata.isBinaryKey(header.name.lowercased()), let bytes = Base64.decode(value.utf8) {
          add(binary: bytes, for: header.name)
        } else {
          add(value, for: header.name)
        }
      }
    }
  }

  /// One header for each key, in the order of their first values.
  package var headers: [Header] {
    var headers: [Header] = []
    for (key, value) in self {
      if let known = headers.firstIndex(where: { $0.name == key }) {
        headers[known].value.append(value.wireText)
      } else {
        headers.append(.with { ($0.name, $0.value) = (key, [value.wireText]) })
      }
    }
    return headers
  }
}
