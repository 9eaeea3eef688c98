// One way to compress messages: its name in grpc-encoding, and both directions, decompression bounded.
public import NIOCore

/// A message encoding: gzip, deflate, or one of the application's own.
///
/// A context lives for one message only, so that messages may be dropped, reordered and compressed individually.
public struct Compression: Sendable {
  /// Compresses a message.
  public typealias Compressor = @Sendable (ByteBuffer) throws -> ByteBuffer
  /// Restores a message; fails rather than produce more than `maxBytes`.
  public typealias Decompressor = @Sendable (_ compressed: ByteBuffer, _ maxBytes: Int) throws -> ByteBuffer

  private enum Algorithm: Sendable {
    case zlib(ZlibFormat)
    case custom(Compressor, Decompressor, isBounded: Bool)
  }

  /// The name in `grpc-encoding` and `grpc-accept-encoding`.
  public let name: String
  private let algorithm: Algorithm

  /// Whether the algorithm is known to stop at a bound, and to cost little up to it.
  package var isBounded: Bool {
    if case .custom(_, _, let isBounded) = algorithm { isBounded } else { true }
  }

  private init(name: String, format: ZlibFormat) {
    self.name = name
    self.algorithm = .zlib(format)
  }

  /// A message encoding of the application's own.
  ///
  /// - Parameters:
  ///   - name: its name on the wire, a lower-case token (RFC 9110 §5.6.2).
  ///   - compress: compresses a message; called concurrently.
  ///   - decompress: restores a message. It must stop at the given bound, or a small message can exhaust memory; longer
  ///     results are refused afterwards in any case.
  /// - Precondition: the name is a token, and not `identity`.
  public init(name: String, compress: @escaping Compressor, decompress: @escaping Decompressor) {
    precondition(
      FieldText.isToken(name) && name != "identity", "\(name.debugDescription) cannot be the name of a compression")
    self.name = name
    self.algorithm = .custom(compress, decompress, isBounded: false)
  }

  /// One of Freshet's own, whose decompression stops at the bound and costs little up to it.
  package init(name: String, boundedCompress: @escaping Compressor, decompress: @escaping Decompressor) {
    self.name = name
    self.algorithm = .custom(boundedCompress, decompress, isBounded: true)
  }

  /// RFC 1952's format: deflate with a header and a CRC-32.
  public static let gzip = Compression(name: "gzip", format: .gzip)

  /// RFC 1950's format, zlib's own, which is what HTTP and gRPC mean by `deflate`.
  public static let deflate = Compression(name: "deflate", format: .zlib)

  /// The compressed message.
  ///
  /// - Throws: `INTERNAL` when the algorithm fails.
  public func compress(_ message: ByteBuffer) throws(RPCError) -> ByteBuffer {
    var output = ByteBuffer()
    try compress(message, into: &output)
    return output
  }

  /// Appends the compressed message to the output.
  ///
  /// - Throws: `INTERNAL` when the algorithm fails.
  public func compress(_ message: ByteBuffer, into output: inout ByteBuffer) throws(RPCError) {
    switch algorithm {
    case .zlib(let format): try Deflater.compress(message, format: format, into: &output)
    case .custom(let compress, _, _):
      do { output.writeImmutableBuffer(try compress(message)) } catch {
        throw Compression.failure(error, "compressing a message of \(message.readableBytes) bytes with \(name) failed")
      }
    }
  }

  /// The message before its compression.
  ///
  /// - Parameters:
  ///   - compressed: exactly one compressed message.
  ///   - maxBytes: the maximum size of the result; decompressing allocates hardly more.
  /// - Throws: `RESOURCE_EXHAUSTED` beyond `maxBytes`; `INTERNAL` for data that is corrupt, truncated or followed by
  ///   more.
  public func decompress(_ compressed: ByteBuffer, maxBytes: Int) throws(RPCError) -> ByteBuffer {
    switch algorithm {
    case .zlib(let format): return try Inflater.decompress(compressed, format: format, maxBytes: maxBytes)
    case .custom(_, let decompress, _):
      let message: ByteBuffer
      do { message = try decompress(compressed, maxBytes) } catch {
        throw Compression.failure(
          error, "decompressing a message of \(compressed.readableBytes) bytes with \(name) failed")
      }
      guard message.readableBytes <= maxBytes else { throw Compression.tooLong(maxBytes: maxBytes) }
      return message
    }
  }

  /// The error for a message that exceeds the limit once decompressed.
  package static func tooLong(maxBytes: Int) -> RPCError {
    RPCError(
      code: .resourceExhausted,
      message: "a decompressed message exceeds the limit of \(maxBytes) bytes (maxReceiveMessageBytes)")
  }

  private static func failure(_ error: any Error, _ attempt: String) -> RPCError {
    (error as? RPCError) ?? RPCError(code: .internal, message: attempt, cause: error)
  }
}
