// A service of generated stubs, and servers of it that speak the web's protocols.
import EchoStubs
import Freshet
import FreshetWeb
import TestSupport

/// Serves while `body` runs, with a certificate of no authority.
func withWebServer<Result>(
  tls: Bool = false, web: WebConfiguration = WebConfiguration(), observers: [any ServerObserver] = [],
  configure: (inout ServerConfiguration) -> Void = { _ in }, _ body: (Int) async throws -> Result
) async throws -> Result {
  var configuration = ServerConfiguration()
  configuration.trapsSignals = false
  configure(&configuration)
  let server = Server(services: [EchoService()], observers: observers, configuration: configuration, web: web)
  return try await withRunning(server, tls: tls ? webIdentity : nil) { try await body($0.port) }
}

let webIdentity: TLSConfiguration = {
  let certificate = TestCertificate.selfSigned(commonName: "web", usage: .server)
  return .server(
    identity: TLSIdentity(
      certificateChain: .bytes(certificate.certificatePEM), privateKey: .bytes(certificate.privateKeyPEM)))
}()

/// Says which of them it is asked.
struct EchoService: Echo_V1_Echo.Service {
  func get(_ request: Echo_V1_Message, context: ServerContext) async throws -> Echo_V1_Message {
    context.responseMetadata = ["x-head": "1"]
    context.responseTrailers = ["x-tail": "2"]
    if request.text == "fail" { throw RPCError(code: .notFound, message: "no such thing ü") }
    if request.text == "protocol" { return .with { $0.text = context.protocol.name } }
    return .with { $0.text = request.text + (context.metadata["x-more"] ?? "") }
  }

  func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    context.responseTrailers = ["x-tail": "2"]
    return MessageStream { yield in
      for word in request.text.split(separator: " ") {
        if word == "fail" { throw RPCError(code: .dataLoss, message: "lost") }
        try await yield(.with { $0.text = String(word) })
      }
    }
  }

  func collect(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) async throws -> Echo_V1_Message {
    var words: [String] = []
    for try await request in requests { words.append(request.text) }
    return .with { $0.text = words.joined(separator: " ") }
  }

  func update(
    _ requests: RequestStream<Echo_V1_Message>, context: ServerContext
  ) -> MessageStream<Echo_V1_Message> {
    MessageStream(requests)
  }
}
