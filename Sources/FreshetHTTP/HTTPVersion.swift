// The version of HTTP in which an exchange takes place.

/// A version of HTTP that is served here.
public enum HTTPVersion: Sendable, Hashable {
  case http1_0
  case http1_1
  case http2
}
