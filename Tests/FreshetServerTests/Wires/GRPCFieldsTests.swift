// The headers and trailers of a response.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import Testing

@testable import FreshetServer

@Suite struct GRPCFieldsTests {
  private func texts(_ fields: HeaderFields) -> [String] {
    var texts: [String] = []
    fields.forEach { texts.append("\(String(decoding: $0, as: UTF8.self)): \(String(decoding: $1, as: UTF8.self))") }
    return texts
  }

  @Test func `S10: a head is :status 200 and content-type, then what the handler added`() {
    #expect(texts(GRPCFields.head([:], encoding: nil)) == [":status: 200", "content-type: application/grpc"])
    var metadata: Metadata = ["a": "1", "b": "2", "a": "3"]
    metadata.add(binary: [1, 2], for: "c-bin")
    #expect(
      texts(GRPCFields.head(metadata, encoding: "gzip")) == [
        ":status: 200", "content-type: application/grpc", "grpc-encoding: gzip", "a: 1", "b: 2", "a: 3", "c-bin: AQI",
      ])
  }

  @Test(arguments: Status.Code.allCases)
  func `S10: grpc-status has no leading zeros and is there for OK too`(code: Status.Code) {
    #expect(texts(GRPCFields.trailers(Status(code: code, message: ""))) == ["grpc-status: \(code.rawValue)"])
  }

  @Test(arguments: [
    ("plain text", "plain text"), ("100%", "100%25"), ("ü", "%C3%BC"), ("a\r\nb", "a%0D%0Ab"), ("\t", "%09"),
    ("\u{7f}", "%7F"), ("😈", "%F0%9F%98%88"), ("~ ~ ", "~ ~%20"),
  ])
  func `S11: a message is percent-encoded`(message: String, expected: String) {
    #expect(
      texts(GRPCFields.trailers(Status(code: .internal, message: message))) == [
        "grpc-status: 13", "grpc-message: \(expected)",
      ])
  }

  @Test func `RFC 9113 §8.2.1: no value ends in whitespace, whatever a handler sets`() {
    let metadata: Metadata = ["a": " 1\t", "b": "\t", "c-bin": .binary([])]
    let status = Status(code: .aborted, message: " m ")
    let sections = [
      GRPCFields.head(metadata, encoding: nil), GRPCFields.trailers(status, details: [], metadata: metadata),
      GRPCFields.trailersOnly(status, metadata: metadata),
    ]
    for fields in sections {
      fields.forEach { _, value in
        for blank in " \t".utf8 { #expect(value.first != blank && value.last != blank) }
      }
    }
    #expect(texts(sections[0]).suffix(3) == ["a: 1", "b: ", "c-bin: "])
  }

  @Test func `S16: details travel as base64 without padding`() {
    let fields = GRPCFields.trailers(Status(code: .aborted, message: "m"), details: [8, 10], metadata: ["x": "y"])
    #expect(texts(fields) == ["grpc-status: 10", "grpc-message: m", "grpc-status-details-bin: CAo", "x: y"])
  }

  @Test func `S10: Trailers-Only has everything in one block`() {
    let fields = GRPCFields.trailersOnly(
      Status(code: .unimplemented, message: "no"), metadata: ["x": "y"], accepting: "identity,gzip")
    #expect(
      texts(fields) == [
        ":status: 200", "content-type: application/grpc", "grpc-accept-encoding: identity,gzip", "grpc-status: 12",
        "grpc-message: no", "x: y",
      ])
  }

  @Test func `S17: an HTTP refusal has no gRPC status`() {
    let type = "content-type: text/plain; charset=utf-8"
    #expect(texts(GRPCFields.http(status: 405)) == [":status: 405", type, "allow: POST"])
    #expect(texts(GRPCFields.http(status: 415)) == [":status: 415", type, "accept: application/grpc"])
    #expect(texts(GRPCFields.http(status: 404)) == [":status: 404", type])
  }

  @Test func `an OK with metadata keeps it`() {
    #expect(texts(GRPCFields.trailers(.ok, metadata: ["x": "y"])) == ["grpc-status: 0", "x: y"])
  }
}
