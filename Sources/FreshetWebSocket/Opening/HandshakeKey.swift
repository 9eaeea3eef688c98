// Sec-WebSocket-Key and Sec-WebSocket-Accept: proof that the server knows WebSocket (RFC 6455 §4.2.2).
import COpenSSL

/// Neither is a secret or protects anything: they keep other protocols' servers from answering by accident.
package enum HandshakeKey {
  private static let byteCount = 16

  /// A fresh key: 16 random bytes in base64.
  package static func make() -> String { base64(RandomBytes.bytes(byteCount)) }

  /// Whether the text is 16 bytes in base64.
  package static func isValid(_ key: String) -> Bool {
    let bytes = Array(key.utf8)
    guard bytes.count == 24, bytes.suffix(2).elementsEqual("==".utf8) else { return false }
    return bytes.dropLast(2).allSatisfy {
      switch $0 {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"): true
      default: false
      }
    }
  }

  /// What a server answers to a key.
  package static func accept(_ key: String) -> String {
    let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE)), count: UInt32 = 0
    let answer = EVP_Digest(text, text.count, &digest, &count, EVP_sha1(), nil)
    precondition(answer == 1, "OpenSSL cannot compute SHA-1 (\(answer))")
    return base64(Array(digest.prefix(Int(count))))
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    // Four characters for three bytes, and OpenSSL's zero byte.
    let text = [UInt8](unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4 + 1) { memory, count in
      count = Int(EVP_EncodeBlock(memory.baseAddress, bytes, Int32(bytes.count)))
    }
    return String(decoding: text, as: UTF8.self)
  }
}
