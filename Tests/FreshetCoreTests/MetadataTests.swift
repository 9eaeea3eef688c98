// Metadata as an ordered list with lower-case keys.
import FreshetCore
import Testing

@Suite("Metadata")
struct MetadataTests {
  @Test("S8: duplicates keep their order, between other keys")
  func duplicatesKeepTheirOrder() {
    let metadata: Metadata = ["a": "1", "b": "2", "a": "3"]
    #expect(metadata.strings(for: "a") == ["1", "3"])
    #expect(metadata.map(\.key) == ["a", "b", "a"])
    #expect(metadata["a"] == "1")
    #expect(metadata["c"] == nil)
  }

  @Test("Keys are kept and found in lower case")
  func keysAreLowerCase() {
    var metadata = Metadata()
    metadata.add("x", for: "Trace-ID")
    #expect(metadata[0].key == "trace-id")
    #expect(metadata["TRACE-id"] == "x")
    metadata.remove("TRACE-ID")
    #expect(metadata.isEmpty)
  }

  @Test("Texts and bytes of one key are told apart")
  func textsAndBytesAreTold() {
    var metadata = Metadata()
    metadata.add(binary: [1], for: "k-bin")
    metadata.add("text", for: "k-bin")
    metadata.add(binary: [2, 3], for: "k-bin")
    #expect(metadata.binaries(for: "k-bin") == [[1], [2, 3]])
    #expect(metadata.strings(for: "k-bin") == ["text"])
    #expect(metadata["k-bin"] == "text")
  }

  @Test("Replacing removes every value of the key and leaves the others")
  func replacingRemovesAll() {
    var metadata: Metadata = ["a": "1", "b": "2", "a": "3"]
    metadata.replace("4", for: "A")
    #expect(metadata.strings(for: "a") == ["4"])
    #expect(metadata.count == 2)
    metadata.replace(binary: [9], for: "b-bin")
    #expect(metadata.binaries(for: "b-bin") == [[9]])
    metadata.removeAll { $0.key.hasPrefix("b") }
    #expect(metadata.map(\.key) == ["a"])
  }

  @Test("Adding another's entries keeps both orders")
  func addingKeepsOrder() {
    var metadata: Metadata = ["a": "1"]
    metadata.add(contentsOf: ["b": "2", "a": "3"])
    #expect(metadata == ["a": "1", "b": "2", "a": "3"])
    #expect(metadata != ["a": "1", "a": "3", "b": "2"])
  }

  @Test("The description shows texts quoted and bytes as base64")
  func descriptionShowsEntries() {
    var metadata: Metadata = ["a": "1"]
    metadata.add(binary: [1, 2, 3], for: "t-bin")
    #expect("\(metadata)" == #"["a": "1", "t-bin": AQID]"#)
    #expect("\(Metadata())" == "[:]")
  }
}
