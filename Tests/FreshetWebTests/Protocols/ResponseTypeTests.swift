// W21, W40: content types that a client did not ask for.
import FreshetCore
import FreshetWeb
import Testing

@Suite("ResponseType")
struct ResponseTypeTests {
  @Test(
    arguments: [
      (.grpcWeb(isText: false), "application/grpc-web", nil),
      (.grpcWeb(isText: false), "Application/grpc-web+proto;a=b", nil),
      (.grpcWeb(isText: false), "application/grpc-web+json", .internal),
      (.grpcWeb(isText: false), "application/grpc", .unknown),
      (.grpcWeb(isText: false), "application/grpc-web-text", .unknown),
      (.grpcWeb(isText: true), "application/grpc-web-text", nil),
      (.grpcWeb(isText: false), "text/html", .unknown), (.grpcWeb(isText: false), nil, .unknown),
      (.connectUnary, "application/proto", nil), (.connectUnary, "application/json", .internal),
      (.connectUnary, "text/html; charset=utf-8", .unknown), (.connectUnary, nil, .unknown),
      (.connectUnary, "x", .unknown),
      (.connectGET, "application/proto", nil), (.connectStream, "application/connect+proto", nil),
      (.connectStream, "application/connect+json", .internal), (.connectStream, "application/proto", .unknown),
      (.connectStream, "application/connect", .unknown), (.grpc, "application/grpc+proto", nil),
    ] as [(WebProtocol, String?, Status.Code?)])
  func `W21, W40: another protocol is UNKNOWN, another format INTERNAL`(
    speaks: WebProtocol, type: String?, code: Status.Code?
  ) {
    #expect(ResponseType.error(type, speaks, format: "proto")?.code == code)
  }

  @Test func `A charset makes no other format of JSON`() {
    #expect(ResponseType.error("application/json; charset=utf-8", .connectUnary, format: "json") == nil)
  }
}
