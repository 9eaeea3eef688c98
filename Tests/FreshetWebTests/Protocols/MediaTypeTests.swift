// W4: media types are compared as RFC 9110 §8.3.1 has it.
import FreshetWeb
import Testing

@Suite("MediaType")
struct MediaTypeTests {
  @Test(
    arguments: [
      ("application/grpc", "application/grpc", nil), ("application/grpc+proto", "application/grpc", "proto"),
      ("application/grpc-web", "application/grpc-web", nil),
      ("application/grpc-web+json", "application/grpc-web", "json"),
      ("application/grpc-web-text+proto", "application/grpc-web-text", "proto"),
      ("APPLICATION/Grpc-Web-TEXT+Proto", "application/grpc-web-text", "proto"),
      ("  application/json ;charset=UTF-8", "application/json", nil),
      ("application/connect+vnd.x+y; a=b; c=\"d;e\"", "application/connect", "vnd.x+y"),
      ("application/json;", "application/json", nil), ("application/json ; ; a=b", "application/json", nil),
    ] as [(String, String, String?)])
  func `W4: it ends at a plus or a semicolon, and case and parameters count for nothing`(
    text: String, base: String, suffix: String?
  ) throws {
    let type = try #require(MediaType(text))
    #expect(type.base == base)
    #expect(type.suffix == suffix)
    #expect(type.isUTF8)
  }

  @Test func `W4: types that begin with each other are not equal`() {
    let types = ["application/grpc", "application/grpc-web", "application/grpc-web-text", "application/grpc-web-texts"]
    #expect(Set(types.compactMap { MediaType($0) }).count == types.count)
    #expect(MediaType("application/grpc;x=y") == MediaType("Application/gRPC"))
  }

  @Test(
    arguments: [
      ("application/json; charset=utf-8", true), ("application/json;CHARSET=\"UTF-8\"", true),
      ("application/json; charset=\"ut\\f-8\"", true), ("application/json; charset=iso-8859-1", false),
      ("application/json; charset=utf-8; charset=utf-16", false), ("application/json; xcharset=latin1", true),
    ])
  func `W4: a charset is UTF-8, or said to be another`(text: String, isUTF8: Bool) {
    #expect(MediaType(text)?.isUTF8 == isUTF8)
  }

  @Test(
    arguments: [
      "", " ", ";", "json", "application/", "/json", "application/json/x", "application/js on", "application/grpc+",
      "application/json; charset", "application/json; =utf-8", "application/json; charset=",
      "application/json charset=x",
      "application/json; a=\"b", "application/json; a=\"b\\", "application/json; a=\"b\"c",
      "application/json, text/html",
      "application/jsön",
    ])
  func `What is no media type is none`(text: String) { #expect(MediaType(text) == nil) }
}
