// gRPC-Web's trailers, which are the last frame of the body: `name: value␍␊` for each (W15, W21).
package import FreshetCore
package import FreshetHTTP
import FreshetText
package import NIOCore

package enum GRPCWebTrailers {
  /// The flag of their frame; together with 1 it is compressed.
  package static let flag: UInt8 = 0x80

  // MARK: Writing

  /// The whole frame, not compressed.
  /// - Parameters:
  ///   - details: a serialized google.rpc.Status.
  ///   - metadata: was validated before, so none of it can be taken for another field.
  package static func frame(_ status: Status, details: [UInt8]? = nil, metadata: Metadata = Metadata()) -> ByteBuffer {
    var frame = ByteBuffer(repeating: 0, count: MessageFramer.prefixBytes)
    frame.writeField("grpc-status", status.code.wireText)
    if !status.message.isEmpty { frame.writeField("grpc-message", PercentEncoding.encode(status.message)) }
    if let details { frame.writeField("grpc-status-details-bin", Base64.encode(details)) }
    for (key, value) in metadata { frame.writeField(key, value.wireText) }
    frame.setPrefix(flag: flag)
    return frame
  }

  // MARK: Reading

  /// The fields in a frame of trailers, decompressed, with names in lower case; repeated ones stay, in their order.
  ///
  /// Servers write names in any case, a blank behind the colon or none, and some end lines with a line feed alone, or the last
  /// one with nothing. Empty lines are skipped.
  /// - Throws: `INTERNAL` for a line that is no field.
  package static func read(_ frame: some Sequence<UInt8>) throws(RPCError) -> HeaderFields {
    var fields = HeaderFields()
    for line in Array(frame).split(separator: UInt8(ascii: "\n")) {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if line.isEmpty { continue }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), isToken(line[..<colon]) else { throw malformed(line) }
      let value = line[(colon + 1)...]
      guard !value.contains(0x0D), !value.contains(0) else { throw malformed(line) }
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      fields.append(name, trimmed: value)
    }
    return fields
  }

  private static func malformed(_ line: ArraySlice<UInt8>) -> RPCError {
    RPCError(
      code: .internal, message: "the trailers of the response have a line that is no field: “\(printable(line))”")
  }
}

extension ByteBuffer {
  fileprivate mutating func writeField(_ name: String, _ value: String) {
    writeString(name)
    writeStaticString(": ")
    writeString(value)
    writeStaticString("\r\n")
  }
}

extension HeaderFields {
  fileprivate mutating func append(_ name: String, trimmed value: ArraySlice<UInt8>) {
    var value = value
    while let first = value.first, isBlank(first) { value.removeFirst() }
    while let last = value.last, isBlank(last) { value.removeLast() }
    var name = name
    name.withUTF8 { name in
      value.withUnsafeBytes { append(UnsafeRawBufferPointer(name), $0) }
    }
  }
}
