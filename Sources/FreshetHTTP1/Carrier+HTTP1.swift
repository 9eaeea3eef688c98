// HTTP/1.1 as a protocol of listeners and clients.
import FreshetTLS
package import FreshetTransport

extension Carrier {
  package static func http1(isTLS: Bool, settings: HTTP1Settings) -> Carrier {
    Carrier(.http1, allowsHalfClose: settings.allowsHalfClose) { parts in
      HTTP1Connection(parts, isTLS: isTLS, settings: settings)
    }
  }

  package static func http1Client(_ settings: HTTP1ClientSettings) -> Carrier {
    Carrier(.http1) { parts in HTTP1ClientConnection(parts, settings: settings) }
  }
}
