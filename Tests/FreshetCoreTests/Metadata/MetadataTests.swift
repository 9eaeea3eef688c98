// Metadata as an ordered list with lower-case keys.
import FreshetCore
import Testing

@Suite("Metadata")
struct MetadataTests {
  @Test func `a literal takes texts and bytes from variables`() {
    let token = "abc", bytes: [UInt8] = [1, 2]
    let metadata: Metadata = [
      "authorization": "Bearer \(token)", "tenant": token, "t-bin": bytes, "v": MetadataValue.string("v"),
      "w-bin": .binary([3]),
    ]
    #expect(metadata["authorization"] == "Bearer abc" && metadata["tenant"] == "abc" && metadata["v"] == "v")
    #expect(metadata.binaries(for: "t-bin") == [[1, 2]] && metadata.binaries(for: "w-bin") == [[3]])
  }

  @Test func `the subscript replaces all values of its key, and nil removes them`() {
    var metadata: Metadata = ["a": "1", "b": "2", "A": "3"]
    metadata["A"] = "4"
    #expect(metadata.strings(for: "a") == ["4"] && metadata.count == 2)
    metadata["b"] = nil
    metadata["c"] = nil
    #expect(metadata.map(\.key) == ["a"])
    metadata["d"] = "5"
    #expect(metadata["d"] == "5")
  }

  @Test func `S8: duplicates keep their order, between other keys`() {
    let metadata: Metadata = ["a": "1", "b": "2", "a": "3"]
    #expect(metadata.strings(for: "a") == ["1", "3"])
    #expect(metadata.map(\.key) == ["a", "b", "a"])
    #expect(metadata["a"] == "1")
    #expect(metadata["c"] == nil)
  }

  @Test func `Keys are stored and found in lower case`() {
    var metadata = Metadata()
    metadata.add("x", for: "Trace-ID")
    #expect(metadata[0].key == "trace-id")
    #expect(metadata["TRACE-id"] == "x")
    metadata.remove("TRACE-ID")
    #expect(metadata.isEmpty)
  }

  @Test func `Texts and bytes of one key are distinguished`() {
    var metadata = Metadata()
    metadata.add(binary: [1], for: "k-bin")
    metadata.add("text", for: "k-bin")
    metadata.add(binary: [2, 3], for: "k-bin")
    #expect(metadata.binaries(for: "k-bin") == [[1], [2, 3]])
    #expect(metadata.strings(for: "k-bin") == ["text"])
    #expect(metadata["k-bin"] == "text")
  }

  @Test func `Replacing removes every value of the key and leaves the others`() {
    var metadata: Metadata = ["a": "1", "b": "2", "a": "3"]
    metadata.replace("4", for: "A")
    #expect(metadata.strings(for: "a") == ["4"])
    #expect(metadata.count == 2)
    metadata.replace(binary: [9], for: "b-bin")
    #expect(metadata.binaries(for: "b-bin") == [[9]])
    metadata.removeAll { $0.key.hasPrefix("b") }
    #expect(metadata.map(\.key) == ["a"])
  }

  @Test func `Adding another's entries keeps both orders`() {
    var metadata: Metadata = ["a": "1"]
    metadata.add(contentsOf: ["b": "2", "a": "3"])
    #expect(metadata == ["a": "1", "b": "2", "a": "3"])
    #expect(metadata != ["a": "1", "a": "3", "b": "2"])
  }

  @Test func `The description shows texts quoted and bytes as base64`() {
    var metadata: Metadata = ["a": "1"]
    metadata.add(binary: [1, 2, 3], for: "t-bin")
    #expect("\(metadata)" == #"["a": "1", "t-bin": AQID]"#)
    #expect("\(Metadata())" == "[:]")
  }

  @Test(
    arguments: [
      "authorization", "Proxy-Authorization", "cookie", "set-cookie", "x-api-key", "apikey", "x-amz-security-token",
      "token",
      "x-auth", "client_secret", "db.password", "x-signature", "jwt", "x-goog-credentials",
    ])
  func `The description shows no secrets, by the endings of keys`(key: String) {
    var metadata: Metadata = ["tenant": "north"]
    metadata.add("hunter2", for: key)
    metadata.add(binary: Array("hunter2".utf8), for: key + "-bin")
    #expect(
      "\(metadata)" == #"["tenant": "north", "\#(key.lowercased())": <secret>, "\#(key.lowercased())-bin": <secret>]"#)
    #expect("\([metadata])".contains("<secret>") && !"\([metadata])".contains("hunter2"))
  }

  @Test func `The description is one line of bounded length, whatever a peer sent`() {
    let metadata: Metadata = [
      "a": "x\r\n\u{1b}[2J\u{85}\u{202e}ü", "b": .string(String(repeating: "y", count: 100_000)),
    ]
    let text = "\(metadata)"
    #expect(text.hasPrefix(#"["a": "x\r\n\x1b[2J\x85\u{202e}ü", "b": "yyy"#))
    #expect(text.utf8.count < 5_000)
  }
}
