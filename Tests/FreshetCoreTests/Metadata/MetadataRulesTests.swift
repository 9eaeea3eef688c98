// S8: which keys and values of an application's may be sent.
import FreshetCore
import Testing

@Suite("MetadataRules")
struct MetadataRulesTests {
  @Test("S8: a key is made of 0-9 a-z _ - . alone", arguments: ["a", "x-y_z.0", "trace-bin", "grpc-x"])
  func goodKeys(key: String) { #expect(Metadata.isValidKey(key)) }

  @Test("S8: any other key is not valid", arguments: ["", "A", "a b", "a:b", ":path", "ä", "a\n", "a=b"])
  func badKeys(key: String) { #expect(!Metadata.isValidKey(key)) }

  @Test(
    "S8: gRPC's and HTTP's own keys are reserved",
    arguments: [
      "grpc-status", "grpc-", ":path", ":", "te", "content-type", "content-length", "host", "connection", "keep-alive",
      "proxy-connection", "transfer-encoding", "upgrade",
    ])
  func reservedKeys(key: String) { #expect(Metadata.isReserved(key)) }

  @Test(
    "S8: keys that look alike are free",
    arguments: ["grpc", "grpcx", "tea", "user-agent", "authorization", "hosts", "x-host"])
  func freeKeys(key: String) { #expect(!Metadata.isReserved(key)) }

  @Test("S8: metadata that may be sent passes")
  func goodMetadataPasses() throws {
    var metadata: Metadata = ["a": "", "b": " ~ printable ~ ", "tab": "\t x \t", "blank": "  ", "user-agent": "me"]
    metadata.add(binary: [0, 255], for: "c-bin")
    try metadata.validate()
  }

  @Test(
    "S8: what may not be sent is INTERNAL with the key and the reason",
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
  func badMetadataFails(key: String, value: MetadataValue, reason: String) throws {
    var metadata: Metadata = ["fine": "x"]
    metadata.add(value, for: key)
    let error = try #require(rpcError { () throws(RPCError) in try metadata.validate() })
    #expect(error.code == .internal)
    #expect(error.message.contains("\"\(key.lowercased())\"") && error.message.contains(reason), "\(error)")
  }

  @Test("What is wrong with a value is said without the value, and a key is quoted in one line")
  func secretsAreNotQuoted() throws {
    for (key, value) in [("authorization", "Bearer hunter2\n"), ("a\nb", "hunter2")] {
      var metadata = Metadata()
      metadata.add(value, for: key)
      let error = try #require(rpcError { () throws(RPCError) in try metadata.validate() })
      #expect(!error.message.contains("hunter2") && !error.message.contains("\n"))
    }
  }
}
