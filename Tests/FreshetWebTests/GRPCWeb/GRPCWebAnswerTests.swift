// W14: the content type of an answer in gRPC-Web.
import FreshetHTTP
import FreshetWeb
import Testing

@Suite("GRPCWebAnswer")
struct GRPCWebAnswerTests {
  @Test(
    arguments: [
      ("application/grpc-web", [:], "application/grpc-web", false),
      ("application/grpc-web+json; x=y", ["accept": "*/*"], "application/grpc-web+json", false),
      ("application/grpc-web-text+proto", ["accept": "application/grpc-web"], "application/grpc-web-text+proto", true),
      (
        "application/grpc-web+proto", ["accept": "text/html, Application/GRPC-web-text;q=1"],
        "application/grpc-web-text+proto", true
      ),
      (
        "application/grpc-web", ["accept": "a/b", "accept": "application/grpc-web-text+proto"],
        "application/grpc-web-text", true
      ),
      ("application/grpc-web", ["accept": "application/grpc-web-texts"], "application/grpc-web", false),
    ] as [(String, HeaderFields, String, Bool)])
  func `W14: it is the request's, as text for clients that send or accept text`(
    request: String, fields: HeaderFields, type: String, isText: Bool
  ) throws {
    let answer = GRPCWebAnswer.mediaType(to: try #require(MediaType(request)), fields)
    #expect(answer.type == type)
    #expect(answer.isText == isText)
  }
}
