// Requests that open a tunnel for a call.
package import FreshetHTTP
package import FreshetTransport

/// What a reader makes of the head of a request.
package enum RequestReading {
  case call(RequestHead)
  /// A stream that will carry a call in its body, head included.
  case tunnel(TunnelOpening)
}

/// A request that opens a tunnel.
package struct TunnelOpening {
  /// The response that opens it.
  package var response: HeaderFields
  /// Makes the form of the stream's body.
  package var makeForm: (_ limits: TunnelLimits) -> any TunnelForm

  package init(response: HeaderFields, makeForm: @escaping (_ limits: TunnelLimits) -> any TunnelForm) {
    self.response = response
    self.makeForm = makeForm
  }
}

/// The server's limits for a call, wherever it comes from.
package struct TunnelLimits: Sendable {
  package let maxMessageBytes: Int
  package let maxHeaderListBytes: Int
  /// How long the head may take behind the opening.
  package let headTimeout: Duration

  package init(maxMessageBytes: Int, maxHeaderListBytes: Int, headTimeout: Duration) {
    self.maxMessageBytes = maxMessageBytes
    self.maxHeaderListBytes = maxHeaderListBytes
    self.headTimeout = headTimeout
  }
}
