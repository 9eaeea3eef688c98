// HTTP/1.1 as a protocol of listeners.
import FreshetTLS
package import FreshetTransport

extension Carrier {
  package static func http1(isTLS: Bool, settings: HTTP1Settings) -> Carrier {
    Carrier(.http1) { parts in HTTP1Connection(parts, isTLS: isTLS, settings: settings) }
  }
}
