// Bytes and texts of tests.
import FreshetHTTP
import NIOCore

func text(_ bytes: ByteBuffer) -> String { String(buffer: bytes) }

/// The fields as they would be written in HTTP/1.1, one a line.
func lines(_ fields: HeaderFields) -> [String] {
  var lines: [String] = []
  fields.forEach { lines.append("\(String(decoding: $0, as: UTF8.self)): \(String(decoding: $1, as: UTF8.self))") }
  return lines
}

/// A frame with gRPC's prefix.
func framed(_ flag: UInt8, _ payload: String) -> [UInt8] {
  let length = UInt32(payload.utf8.count)
  return [flag] + (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * $0)) } + Array(payload.utf8)
}

/// Every way to cut bytes into two pieces, and all of them one by one.
func cuts(_ bytes: [UInt8]) -> [[[UInt8]]] {
  (0...bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] } + [bytes.map { [$0] }]
}
