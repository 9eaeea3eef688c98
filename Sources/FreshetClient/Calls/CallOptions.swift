// What can be said of one call, or of all calls of a client.
public import FreshetCore

/// What is said of a call. A field that is nil says nothing.
///
/// A generated client has options, too, which hold for all its calls; those of a call add to them, field by field:
///
/// ```swift
/// let echo = Echo_V1_Echo.Client(channel, options: CallOptions(metadata: ["authorization": token]))
/// _ = try await echo.get(request, options: CallOptions(timeout: .seconds(2)))   // with the token
/// ```
///
/// To take back what a client's options say, copy the client: `var patient = echo; patient.options.timeout = nil`.
public struct CallOptions: Sendable {
  /// Sent along with the call. Of a client's metadata, the keys that a call has, too, are replaced, and the others stay.
  public var metadata: Metadata

  /// How long the call may take, from its start. The earlier of this and `Deadline.current` counts, which the calls of a
  /// handler inherit while it runs, and those within `withDeadline`. nil: no limit of its own.
  public var timeout: Duration?

  /// Whether the call waits while the server cannot be reached, instead of failing with UNAVAILABLE; nil does not wait.
  public var waitForReady: Bool?

  /// Compresses the requests; nil sends them as they are. ``withoutCompression(_:)`` leaves single ones out.
  public var compression: Compression?

  /// Requests of fewer bytes are not compressed. 0 compresses all, as nil does.
  public var minimumCompressedBytes: Int?

  /// The largest response message, decompressed; nil takes the channel's.
  public var maxReceiveMessageBytes: Int?

  public init(
    metadata: Metadata = Metadata(), timeout: Duration? = nil, waitForReady: Bool? = nil,
    compression: Compression? = nil,
    minimumCompressedBytes: Int? = nil, maxReceiveMessageBytes: Int? = nil
  ) {
    self.metadata = metadata
    self.timeout = timeout
    self.waitForReady = waitForReady
    self.compression = compression
    self.minimumCompressedBytes = minimumCompressedBytes
    self.maxReceiveMessageBytes = maxReceiveMessageBytes
  }

  /// These options and those of a call: what the call says of a field counts, and these where it says nothing. Each
  /// generated method joins its client's options and its own so.
  // Inlined, so that a call without options pays no function for it.
  @inlinable
  public func adding(_ call: CallOptions?) -> CallOptions {
    guard let call else { return self }
    return joined(with: call)
  }

  @usableFromInline
  func joined(with call: CallOptions) -> CallOptions {
    var metadata = metadata
    metadata.replace(contentsOf: call.metadata)
    return CallOptions(
      metadata: metadata, timeout: call.timeout ?? timeout, waitForReady: call.waitForReady ?? waitForReady,
      compression: call.compression ?? compression,
      minimumCompressedBytes: call.minimumCompressedBytes ?? minimumCompressedBytes,
      maxReceiveMessageBytes: call.maxReceiveMessageBytes ?? maxReceiveMessageBytes)
  }
}
