// S8: base64 of RFC 4648 §10's test vectors, padded and not.
import FreshetCore
import Testing

@Suite("Base64")
struct Base64Tests {
  @Test(
    arguments: [
      ("", "", ""), ("f", "Zg", "Zg=="), ("fo", "Zm8", "Zm8="), ("foo", "Zm9v", "Zm9v"), ("foob", "Zm9vYg", "Zm9vYg=="),
      ("fooba", "Zm9vYmE", "Zm9vYmE="), ("foobar", "Zm9vYmFy", "Zm9vYmFy"),
    ])
  func `S8: bytes are written without padding and read with or without it`(
    text: String, unpadded: String, padded: String
  ) {
    let bytes = Array(text.utf8)
    #expect(Base64.encode(bytes) == unpadded)
    #expect(Base64.decode(unpadded.utf8) == bytes)
    #expect(Base64.decode(padded.utf8) == bytes)
  }

  @Test func `All bytes at all lengths round-trip`() {
    for length in 0...260 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + length) }
      #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
    }
    #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//")
  }

  @Test(
    arguments: [
      "A", "AAAAA", "Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v====", "=", "==", "====", "Zg==Zg==", "Z=g=", "Zm9v\n",
      "Zm 9v", "-_", "Zä",
    ])
  func `S8: invalid base64 is rejected`(text: String) { #expect(Base64.decode(text.utf8) == nil) }

  @Test func `Bits after the last whole byte are ignored`() { #expect(Base64.decode("Zh".utf8) == [0x66]) }

  @Test func `The URL-safe alphabet differs in two characters, and neither takes the other's`() {
    let bytes: [UInt8] = [0xFB, 0xEF, 0xFF]
    #expect(Base64.encode(bytes, .urlSafe) == "--__")
    #expect(Base64.decode("--__".utf8, .urlSafe) == bytes)
    #expect(Base64.decode("-_8=".utf8, .urlSafe) == [0xFB, 0xFF])
    #expect(Base64.decode("++//".utf8, .urlSafe) == nil)
    #expect(Base64.decode("--__".utf8) == nil)
  }
}
