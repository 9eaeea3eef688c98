// The options of one call, or of all calls of a client.
public import FreshetCore

/// The options of a call. A nil field is unset.
///
/// A generated client has options too, which apply to all its calls; those of a call are merged in field by field:
///
/// ```swift
/// let echo = Echo_V1_Echo.Client(channel, options: CallOptions(metadata: ["authorization": token]))
/// _ = try await echo.get(request, options: CallOptions(timeout: .seconds(2)))   // with the token
/// ```
///
/// To undo one of a client's options, copy the client: `var patient = echo; patient.options.timeout = nil`.
public struct CallOptions: Sendable {
  /// Sent with the call. A call's keys replace the same keys of its client's metadata; the others stay.
  public var metadata: Metadata

  /// How long the call may take, from its start. The earlier of this and `Deadline.current` applies, which is inherited
  /// by the calls of a running handler and by those within `withDeadline`. nil: no time-out of its own.
  public var timeout: Duration?

  /// Whether the call waits while the server is unreachable, instead of failing with UNAVAILABLE; nil does not wait.
  public var waitForReady: Bool?

  /// Compresses the requests; nil sends them uncompressed. ``withoutCompression(_:)`` exempts single requests.
  public var compression: Compression?

  /// Requests with fewer bytes are not compressed. 0 and nil compress all.
  public var minimumCompressedBytes: Int?

  /// The largest response message, decompressed; nil means the channel's limit.
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

  /// These options merged with those of a call: a field that the call sets counts, else this one. Each generated method
  /// merges its client's options and its own this way.
  // Inlined, so that a call without options costs no function call.
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
