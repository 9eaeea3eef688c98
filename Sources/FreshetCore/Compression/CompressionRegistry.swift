// Which message encodings one side can decode, and the grpc-accept-encoding that announces them.

/// The compressions that a client or a server supports, besides identity, which is always supported.
public struct CompressionRegistry: Sendable {
  // A handful at most: a linear search beats a hash.
  private let compressions: [Compression]

  /// The value of `grpc-accept-encoding`: `identity`, then the names in alphabetical order.
  public let acceptEncoding: String

  /// A registry of these; of several with the same name, the last one counts.
  public init(_ compressions: [Compression]) {
    var byName: [String: Compression] = [:]
    for compression in compressions { byName[compression.name] = compression }
    self.compressions = byName.values.sorted { $0.name < $1.name }
    self.acceptEncoding = (["identity"] + self.compressions.map(\.name)).joined(separator: ",")
  }

  /// gzip and deflate.
  public static let standard = CompressionRegistry([.gzip, .deflate])

  /// Identity only.
  public static let none = CompressionRegistry([])

  /// The compression of that name; `nil` for `identity` and for unknown names.
  public subscript(name: String) -> Compression? { compressions.first { $0.name == name } }

  /// Whether a call may announce this `grpc-encoding`.
  public func supports(_ name: String) -> Bool { name == "identity" || self[name] != nil }
}

extension Compression {
  /// Whether the peer's `grpc-accept-encoding` lists this compression, so that it may be used for messages to that
  /// peer.
  public func isListed(in acceptEncoding: String) -> Bool {
    acceptEncoding.utf8.split(separator: UInt8(ascii: ",")).contains { item in
      item.split(separator: UInt8(ascii: " ")).first?.elementsEqual(name.utf8) ?? false
    }
  }
}
