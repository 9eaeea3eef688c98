// The body of gRPC-Web's text mode: base64 in runs, each of which may be padded (W11, W16).
package import FreshetCore
package import NIOCore

/// Turns the text of a body back into bytes as it arrives, cut anywhere. Padding may stand behind any group of four characters;
/// what follows is a new run.
package struct Base64Runs: Sendable {
  /// The bits of an unfinished group, 6 for each digit.
  private var bits: UInt32 = 0
  private var digits = 0
  /// How many `=` of an unfinished group have come.
  private var padding = 0

  package init() {}

  /// Decodes what has arrived, behind what the output holds.
  /// - Throws: `INTERNAL` for a character that is neither a digit, nor padding at its place, nor a line break.
  package mutating func decode(_ text: UnsafeRawBufferPointer, into output: inout ByteBuffer) throws(RPCError) {
    var problem: UInt8?
    output.writeWithUnsafeMutableBytes(minimumWritableBytes: text.count / 4 * 3 + 6) { bytes in
      var end = 0
      for character in text {
        guard
          take(
            character,
            { byte in
              bytes[end] = byte; end += 1
            })
        else {
          problem = character
          break
        }
      }
      return end
    }
    if let problem {
      throw RPCError(
        code: .internal,
        message: "the body is no base64: it has the byte 0x\(String(problem, radix: 16)) where that cannot be")
    }
  }

  /// Says that the body ended here. A last run need not be padded.
  /// - Throws: `INTERNAL` when it ended inside a byte, or inside padding.
  package mutating func finish(into output: inout ByteBuffer) throws(RPCError) {
    defer { self = Base64Runs() }
    guard digits != 1, padding == 0 else {
      throw RPCError(code: .internal, message: "the body is no base64: it ends inside a group of four characters")
    }
    if digits > 0 { writeLastGroup { output.writeInteger($0) } }
  }

  private mutating func take(_ character: UInt8, _ write: (UInt8) -> Void) -> Bool {
    if let value = Base64.value(character) {
      guard padding == 0 else { return false }
      bits = bits << 6 | UInt32(value)
      digits += 1
      if digits == 4 {
        for shift: UInt32 in [16, 8, 0] { write(UInt8(truncatingIfNeeded: bits >> shift)) }
        self = Base64Runs()
      }
      return true
    }
    switch character {
    case UInt8(ascii: "="):
      guard digits >= 2 else { return false }
      padding += 1
      if digits + padding == 4 {
        writeLastGroup(write)
        self = Base64Runs()
      }
      return true
    case 0x0D, 0x0A: return true
    default: return false
    }
  }

  /// Two digits hold a byte, three hold two. Bits behind the last whole byte are ignored, as `Base64.decode` does.
  private func writeLastGroup(_ write: (UInt8) -> Void) {
    let missing = UInt32(4 - digits) * 6
    write(UInt8(truncatingIfNeeded: (bits << missing) >> 16))
    if digits == 3 { write(UInt8(truncatingIfNeeded: (bits << missing) >> 8)) }
  }
}

extension Base64Runs {
  /// One padded run for what is flushed together, which begins and ends with a frame, so that it can be read when it arrives.
  package static func encode(_ flush: ByteBuffer) -> ByteBuffer {
    var text = ByteBufferAllocator().buffer(capacity: (flush.readableBytes + 2) / 3 * 4)
    flush.withUnsafeReadableBytes { bytes in
      _ = text.writeWithUnsafeMutableBytes(minimumWritableBytes: (bytes.count + 2) / 3 * 4) { output in
        var end = 0
        var index = 0
        while index < bytes.count {
          let rest = bytes.count - index
          let group =
            UInt32(bytes[index]) << 16 | (rest > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
            | (rest > 2 ? UInt32(bytes[index + 2]) : 0)
          output[end] = digit(group >> 18)
          output[end + 1] = digit(group >> 12)
          output[end + 2] = rest > 1 ? digit(group >> 6) : UInt8(ascii: "=")
          output[end + 3] = rest > 2 ? digit(group) : UInt8(ascii: "=")
          index += 3
          end += 4
        }
        return end
      }
    }
    return text
  }

  private static func digit(_ bits: UInt32) -> UInt8 { Base64.digit(UInt8(truncatingIfNeeded: bits) & 63) }
}
