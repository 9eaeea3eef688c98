// The name of a protocol of calls.

/// The protocol of a call, which makes no difference to its handler except in `ServerContext.protocol`. Other modules
/// add theirs.
public struct CallProtocol: Sendable, Hashable, CustomStringConvertible {
  /// `grpc`, say: for metrics and logs.
  public let name: String

  package init(_ name: String) { self.name = name }

  public var description: String { name }

  public static let grpc = CallProtocol("grpc")
}
