// S8: header fields from a peer, and values to one.
import FreshetCore
import Testing

@Suite("MetadataWire")
struct MetadataWireTests {
  private func received(_ value: [UInt8], for key: String) -> Metadata {
    var metadata = Metadata()
    metadata.add(wireValue: value, for: key)
    return metadata
  }

  @Test func `S8: whitespace around a text is trimmed, inside it is kept`() {
    #expect(received(Array(" \t a  b\t ".utf8), for: "k")["k"] == "a  b")
    #expect(received(Array("  ".utf8), for: "k")["k"] == "")
  }

  @Test func `S8: non-ASCII text, and invalid UTF-8, never fail`() {
    #expect(received(Array("grüß".utf8), for: "k")["k"] == "grüß")
    #expect(received([0x61, 0xFF, 0x62], for: "k")["k"] == "a\u{FFFD}b")
  }

  @Test func `S8: -bin values are decoded padded and unpadded and split at commas, in order`() {
    let metadata = received(Array("AQ==, Ag,AwQF ,".utf8), for: "k-bin")
    #expect(metadata.binaries(for: "k-bin") == [[1], [2], [3, 4, 5], []])
  }

  @Test func `A -bin value that is not base64 is kept as text`() {
    let metadata = received(Array("AQ==,?!".utf8), for: "k-bin")
    #expect(metadata.binaries(for: "k-bin") == [[1]])
    #expect(metadata.strings(for: "k-bin") == ["?!"])
  }

  @Test func `S8: bytes are sent as unpadded base64, text as it is`() {
    #expect(MetadataValue.binary([0xAB, 0xAB, 0xAB, 0xAB]).wireText == "q6urqw")
    #expect(MetadataValue.string("a b").wireText == "a b")
  }

  @Test(
    arguments: [
      (" a", "a"), ("a\t", "a"), (" \t a  b\t ", "a  b"), (" ", ""), ("\t \t", ""), ("", ""), ("a", "a"),
      ("\u{A0}", "\u{A0}"),
    ])
  func `S8, RFC 9113 §8.2.1: no value is sent with whitespace at its ends`(text: String, wire: String) {
    #expect(MetadataValue.string(text).wireText == wire)
  }
}
