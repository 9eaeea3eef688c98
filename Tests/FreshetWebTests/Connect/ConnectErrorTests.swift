// W39, W40: errors in Connect's JSON.
import FreshetCore
import FreshetWeb
import NIOCore
import Testing

@Suite("ConnectError")
struct ConnectErrorTests {
  private func read(_ json: String, isJSON: Bool = true, httpStatus: Int = 503) -> ConnectError {
    ConnectError.read(json.utf8, isJSON: isJSON, httpStatus: httpStatus)
  }

  @Test func `W39: code, message and details are written, and nothing else`() {
    #expect(
      text(ConnectError(code: .notFound, message: "no \"such\"\n").json)
        == #"{"code":"not_found","message":"no \"such\"\n"}"#)
    #expect(text(ConnectError(code: .cancelled, message: "").json) == #"{"code":"canceled"}"#)
    let details = StatusDetails.write(
      code: 8, message: "m", [StatusDetail(type: "a.B", value: [1]), StatusDetail(type: "a.C", value: [])])
    let error = ConnectError(Status(code: .resourceExhausted, message: "m"), details: details)
    #expect(
      text(error.json)
        == #"{"code":"resource_exhausted","message":"m","details":[{"type":"a.B","value":"AQ"},{"type":"a.C","value":""}]}"#
    )
  }

  @Test func `W39: what was written is read, and is the application's error`() {
    let details = [StatusDetail(type: "a.B", value: [1, 2, 3, 4])]
    let error = ConnectError(code: .aborted, message: "m", details: details)
    #expect(read(text(error.json)) == error)
    let thrown = error.rpcError(metadata: ["a": "b"])
    #expect(thrown.code == .aborted && thrown.message == "m" && thrown.origin == .peer && thrown.metadata == ["a": "b"])
    #expect(thrown.details == StatusDetails.write(code: 10, message: "m", details))
    #expect(ConnectError(code: .aborted, message: "m").rpcError(metadata: [:]).details == nil)
  }

  @Test func `W39: debug and unknown names are ignored, padded values are read`() {
    let json = #"""
      {"x": [{}], "details": [{"debug": {"a": [1]}, "type": "a.B", "value": "AQ==", "y": null}, 5, {"type": "a.C"}, {"type": "", "value": ""},
      {"type": "a.D", "value": "!"}, null], "message": "m", "code": "data_loss"}
      """#
    #expect(read(json) == ConnectError(code: .dataLoss, message: "m", details: [StatusDetail(type: "a.B", value: [1])]))
  }

  @Test(
    arguments: [
      (#"{"message": "m"}"#, "m"), (#"{"code": null, "message": "m"}"#, "m"),
      (#"{"code": "nope", "message": "m"}"#, "m"),
      (#"{"code": 5, "message": "m"}"#, "m"), (#"{"code": "ok", "message": "m"}"#, "m"),
    ])
  func `W40: without a code of Connect's the HTTP status says it, and the message stays`(json: String, message: String)
  {
    #expect(read(json) == ConnectError(code: .unavailable, message: message))
  }

  @Test(arguments: [
    "null", "{}", "", "{", "5", "[]", "\"x\"", "{} {}", #"{"code": "not_found""#, #"{"message": 5}"#, "<html>",
  ])
  func `W40: a body that says nothing leaves all to the HTTP status`(body: String) {
    #expect(read(body) == ConnectError(code: .unavailable, message: "the server answered with the HTTP status 503"))
    #expect(read(body, httpStatus: 404).code == .unimplemented)
  }

  @Test func `W40: a body of another media type is not looked at`() {
    #expect(read(#"{"code": "not_found"}"#, isJSON: false, httpStatus: 401).code == .unauthenticated)
  }
}
