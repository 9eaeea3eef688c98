// What can be said of one call.
public import FreshetCore

public struct CallOptions: Sendable {
  /// Sent along with the call.
  public var metadata: Metadata

  /// How long the call may take, from its start. The earlier of this and `Deadline.current` counts, which the calls of a
  /// handler inherit while it runs, and those within `withDeadline`. nil: no limit of its own.
  public var timeout: Duration?

  /// Whether the call waits while the server cannot be reached, instead of failing with UNAVAILABLE.
  public var waitForReady: Bool

  /// Compresses the requests; nil sends them as they are. ``withoutCompression(_:)`` leaves single ones out.
  public var compression: Compression?

  /// Requests of fewer bytes are not compressed. 0 compresses all.
  public var minimumCompressedBytes: Int

  /// The largest response message, decompressed; nil takes the channel's.
  public var maxReceiveMessageBytes: Int?

  public init(
    metadata: Metadata = Metadata(), timeout: Duration? = nil, waitForReady: Bool = false, compression: Compression? = nil,
    minimumCompressedBytes: Int = 0, maxReceiveMessageBytes: Int? = nil
  ) {
    self.metadata = metadata
    self.timeout = timeout
    self.waitForReady = waitForReady
    self.compression = compression
    self.minimumCompressedBytes = minimumCompressedBytes
    self.maxReceiveMessageBytes = maxReceiveMessageBytes
  }
}
