// S8: which keys and values an application may send.
import FreshetCore
import Testing

@Suite("MetadataRules")
struct MetadataRulesTests {
  @Test(arguments: ["a", "x-y_z.0", "trace-bin", "grpc-x"])
  func `S8: a key consists of 0-9 a-z _ - . only`(key: String) { #expect(Metadata.isValidKey(key)) }

  @Test(arguments: ["", "A", "a b", "a:b", ":path", "ä", "a\n", "a=b"])
  func `S8: any other key is not valid`(key: String) { #expect(!Metadata.isValidKey(key)) }

  @Test(
    arguments: [
      "grpc-status", "grpc-", ":path", ":", "te", "content-type", "content-length", "host", "connection", "keep-alive",
      "proxy-connection", "transfer-encoding", "upgrade",
    ])
  func `S8: gRPC's and HTTP's own keys are reserved`(key: String) { #expect(Metadata.isReserved(key)) }

  @Test(
    arguments: ["grpc", "grpcx", "tea", "user-agent", "authorization", "hosts", "x-host"])
  func `S8: similar keys are not reserved`(key: String) { #expect(!Metadata.isReserved(key)) }

  @Test func `S8: valid metadata passes`() throws {
    var metadata: Metadata = ["a": "", "b": " ~ printable ~ ", "tab": "\t x \t", "blank": "  ", "user-agent": "me"]
    metadata.add(binary: [0, 255], for: "c-bin")
    try metadata.validate()
  }

  @Test(
    arguments: [
      ("grpc-timeout", .string("1S"), "reserved"),
      ("a b", .string("x"), "0-9 a-z"),
      ("ä", .string("x"), "0-9 a-z"),
      ("Host", .string("elsewhere"), "reserved"),
      ("", .string("x"), "0-9 a-z"),
      ("text", .string("line\nbreak"), "0xA"),
      ("text", .string("break\n"), "0xA"),
      ("text", .string("\r x"), "0xD"),
      ("text", .string("tab\tinside"), "0x9"),
      ("text", .string("\u{0}"), "0x0"),
      ("text", .string("ä"), "0xC3"),
      ("text", .string("\u{7F}"), "0x7F"),
      ("text", .binary([1]), "ends in -bin"),
      ("k-bin", .string("AQID"), "carries bytes"),
    ] as [(String, MetadataValue, String)])
  func `S8: invalid metadata is INTERNAL with the key and the reason`(
    key: String, value: MetadataValue, reason: String
  ) throws {
    var metadata: Metadata = ["fine": "x"]
    metadata.add(value, for: key)
    let error = try #require(rpcError { () throws(RPCError) in try metadata.validate() })
    #expect(error.code == .internal)
    #expect(error.message.contains("\"\(key.lowercased())\"") && error.message.contains(reason), "\(error)")
  }

  @Test func `An error about a value does not contain it, and a key is quoted in one line`() throws {
    for (key, value) in [("authorization", "Bearer hunter2\n"), ("a\nb", "hunter2")] {
      var metadata = Metadata()
      metadata.add(value, for: key)
      let error = try #require(rpcError { () throws(RPCError) in try metadata.validate() })
      #expect(!error.message.contains("hunter2") && !error.message.contains("\n"))
    }
  }
}
