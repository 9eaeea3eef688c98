// The destination of a target, before its addresses are known.
package import FreshetTransport

package enum Destination: Sendable, Hashable, CustomStringConvertible {
  /// A name, whose addresses are looked up for each pass over them.
  case name(host: String, port: Int)
  /// Addresses that need no lookup, the preferred one first.
  case addresses([ConnectAddress])

  package var description: String {
    switch self {
    case .name(let host, let port): "\(host):\(port)"
    case .addresses(let addresses): addresses.map(\.description).joined(separator: ", ")
    }
  }
}
