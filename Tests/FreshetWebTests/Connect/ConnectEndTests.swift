// W37, W40: the end of a stream in Connect's JSON.
import FreshetCore
import FreshetWeb
import NIOCore
import Testing

@Suite("ConnectEnd")
struct ConnectEndTests {
  private func envelope(_ status: Status, metadata: Metadata = [:]) -> [UInt8] {
    Array(buffer: ConnectEnd(status, details: nil, metadata: metadata).envelope)
  }

  private func read(_ json: String) throws(RPCError) -> ConnectEnd { try ConnectEnd.read(json.utf8) }

  @Test func `W37: the envelope has the flag 2, and only what there is`() {
    #expect(envelope(.ok) == framed(2, "{}"))
    #expect(
      envelope(Status(code: .unavailable, message: "mid"))
        == framed(2, #"{"error":{"code":"unavailable","message":"mid"}}"#))
    #expect(
      envelope(.ok, metadata: ["b": "1", "a-bin": [1] as [UInt8], "b": "\"2\""])
        == framed(2, #"{"metadata":{"b":["1","\"2\""],"a-bin":["AQ"]}}"#))
    #expect(
      envelope(Status(code: .internal), metadata: ["a": "1"])
        == framed(2, #"{"error":{"code":"internal"},"metadata":{"a":["1"]}}"#))
  }

  @Test func `W37: what was written is read`() throws {
    let end = ConnectEnd(
      Status(code: .outOfRange, message: "m"),
      details: StatusDetails.write(code: 11, message: "m", [StatusDetail(type: "a.B", value: [1])]),
      metadata: ["a": "1", "a": "2", "b-bin": [0xFF] as [UInt8]])
    var json = ByteBuffer()
    end.write(to: &json)
    #expect(try read(text(json)) == end)
  }

  @Test(arguments: [
    "{}", #"{"error": null}"#, #"{"metadata": null}"#, #"{"x": 1}"#, #" {"metadata": {"a": null, "b": []}} "#,
  ])
  func `W40: an end without an error is success`(json: String) throws {
    #expect(try read(json) == ConnectEnd(error: nil, metadata: [:]))
  }

  @Test(arguments: [#"{"message": "x"}"#, #"{"code": "nope", "message": "x"}"#, #"{"code": null, "message": "x"}"#])
  func `W40: an error without a code of Connect's is UNKNOWN`(error: String) throws {
    #expect(try read(#"{"error": \#(error)}"#).error == ConnectError(code: .unknown, message: "x"))
  }

  @Test func `W40: keys of metadata are in any case, and padded bytes are read`() throws {
    #expect(
      try read(#"{"metadata": {"X-A": ["1", "2"], "X-Bin": ["AQ=="]}}"#).metadata == [
        "x-a": "1", "x-a": "2", "x-bin": [1] as [UInt8],
      ])
  }

  @Test(
    arguments: [
      "", "null", "[]", "{", #"{"error": 5}"#, #"{"error": {}"#, #"{"metadata": {"a": "b"}}"#,
      #"{"metadata": {"a": [1]}}"#,
      "{}{}", "grpc-status: 0\r\n",
    ])
  func `W40: what is no end is INTERNAL`(json: String) {
    let error = #expect(throws: RPCError.self) { try read(json) }
    #expect(error?.code == .internal)
  }
}
