// W7: what a method says of itself to a client that has called it wrongly.
import FreshetCore
import FreshetWeb
import Testing

@Suite("WebMethod")
struct WebMethodTests {
  @Test func `W7: every media type that a method takes is listed, sorted`() {
    let unary = WebMethod(kind: .unary, formats: ["proto", "json"])
    #expect(
      unary.mediaTypes == [
        "application/grpc", "application/grpc+json", "application/grpc+proto", "application/grpc-web",
        "application/grpc-web+json", "application/grpc-web+proto", "application/grpc-web-text",
        "application/grpc-web-text+json", "application/grpc-web-text+proto", "application/json", "application/proto",
      ])
    for kind in [MethodKind.serverStreaming, .clientStreaming, .bidirectional] {
      let types = WebMethod(kind: kind, formats: ["proto", "json"]).mediaTypes
      #expect(types.contains("application/connect+json") && !types.contains("application/json"))
    }
  }

  @Test func `W34: only unary methods without side effects take GET`() {
    for kind in MethodKind.allCases {
      for idempotency in Idempotency.allCases {
        let method = WebMethod(kind: kind, idempotency: idempotency, formats: ["proto"])
        #expect(method.takesGET == (kind == .unary && idempotency == .noSideEffects))
        #expect(method.verbs == (method.takesGET ? ["GET", "POST"] : ["POST"]))
      }
    }
  }
}
