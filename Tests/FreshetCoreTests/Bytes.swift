// Shorthands for bytes.
import FreshetCore
import NIOCore

extension ByteBuffer {
  /// The readable bytes.
  var array: [UInt8] { Array(readableBytesView) }

  /// The address of the readable bytes, to detect copies.
  var address: UnsafeRawPointer? { withUnsafeReadableBytes { $0.baseAddress } }
}

extension MessageDeframer {
  mutating func append(_ bytes: some Collection<UInt8>) {
    Array(bytes).withUnsafeBytes { append($0) }
  }

  /// Reads messages until more bytes are needed.
  mutating func drain() throws(RPCError) -> [Message] {
    var messages: [Message] = []
    while let message = try next() { messages.append(message) }
    return messages
  }
}

/// A message on the wire.
func framed(_ payload: [UInt8], flag: UInt8 = 0) -> [UInt8] {
  [flag] + withUnsafeBytes(of: UInt32(payload.count).bigEndian, Array.init) + payload
}

/// The closure's error; `nil` if it throws none.
func rpcError<T>(_ body: () throws(RPCError) -> T) -> RPCError? {
  do throws(RPCError) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}
