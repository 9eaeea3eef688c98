// One way to make messages smaller: its name in grpc-encoding, and both directions, the way back bounded.
public import NIOCore

/// A message encoding: gzip, deflate, or one of the application's own.
///
/// A context lives for one message only, so that messages may be dropped, reordered and compressed at choice.
public struct Compression: Sendable {
  /// Makes a message smaller.
  public typealias Compressor = @Sendable (ByteBuffer) throws -> ByteBuffer
  /// Gives a message back, and fails rather than write more than so many bytes.
  public typealias Decompressor = @Sendable (_ compressed: ByteBuffer, _ maxBytes: Int) throws -> ByteBuffer

  private enum Algorithm: Sendable {
    case zlib(ZlibFormat)
    case custom(Compressor, Decompressor)
  }

  /// The name in `grpc-encoding` and `grpc-accept-encoding`.
  public let name: String
  private let algorithm: Algorithm

  /// Whether the algorithm is known to stop at a bound, and to cost little before it.
  package var isStandard: Bool {
    if case .zlib = algorithm { true } else { false }
  }

  private init(name: String, format: ZlibFormat) {
    self.name = name
    self.algorithm = .zlib(format)
  }

  /// A message encoding of the application's own.
  ///
  /// - Parameters:
  ///   - name: its name on the wire, a token in lower case (RFC 9110 §5.6.2).
  ///   - compress: makes a message smaller; called for several calls at the same time.
  ///   - decompress: gives a message back. It must stop at the bound that it is given, or a small message can fill
  ///     memory; what is too long is refused afterwards in any case.
  /// - Precondition: the name is a token, and not `identity`.
  public init(name: String, compress: @escaping Compressor, decompress: @escaping Decompressor) {
    precondition(
      FieldText.isToken(name) && name != "identity", "\(name.debugDescription) cannot be the name of a compression")
    self.name = name
    self.algorithm = .custom(compress, decompress)
  }

  /// RFC 1952's format: deflate with a header and a CRC-32.
  public static let gzip = Compression(name: "gzip", format: .gzip)

  /// RFC 1950's format, zlib's own, which is what HTTP and gRPC mean by `deflate`.
  public static let deflate = Compression(name: "deflate", format: .zlib)

  /// The message made smaller.
  ///
  /// - Throws: `INTERNAL` when the algorithm fails.
  public func compress(_ message: ByteBuffer) throws(RPCError) -> ByteBuffer {
    var output = ByteBuffer()
    try compress(message, into: &output)
    return output
  }

  /// Writes the message, made smaller, behind what the output holds.
  ///
  /// - Throws: `INTERNAL` when the algorithm fails.
  public func compress(_ message: ByteBuffer, into output: inout ByteBuffer) throws(RPCError) {
    switch algorithm {
    case .zlib(let format): try Deflater.compress(message, format: format, into: &output)
    case .custom(let compress, _):
      do { output.writeImmutableBuffer(try compress(message)) } catch {
        throw Compression.failure(error, "compressing a message of \(message.readableBytes) bytes with \(name) failed")
      }
    }
  }

  /// The message as it was before its compression.
  ///
  /// - Parameters:
  ///   - compressed: a whole compressed message and nothing behind it.
  ///   - maxBytes: the most that it may become; no more memory than about that is taken on the way.
  /// - Throws: `RESOURCE_EXHAUSTED` beyond `maxBytes`; `INTERNAL` for data that is corrupt, cut short or followed by
  ///   more.
  public func decompress(_ compressed: ByteBuffer, maxBytes: Int) throws(RPCError) -> ByteBuffer {
    switch algorithm {
    case .zlib(let format): return try Inflater.decompress(compressed, format: format, maxBytes: maxBytes)
    case .custom(_, let decompress):
      let message: ByteBuffer
      do { message = try decompress(compressed, maxBytes) } catch {
        throw Compression.failure(
          error, "decompressing a message of \(compressed.readableBytes) bytes with \(name) failed")
      }
      guard message.readableBytes <= maxBytes else { throw Compression.tooLong(maxBytes: maxBytes) }
      return message
    }
  }

  /// The error for a message that is longer than it may be once it is decompressed.
  static func tooLong(maxBytes: Int) -> RPCError {
    RPCError(
      code: .resourceExhausted,
      message: "a decompressed message exceeds the limit of \(maxBytes) bytes (maxReceiveMessageBytes)")
  }

  private static func failure(_ error: any Error, _ attempt: String) -> RPCError {
    (error as? RPCError) ?? RPCError(code: .internal, message: attempt, cause: error)
  }
}
