// Plain routes over each carrier on real sockets.
import Foundation
import Freshet
import FreshetCore
import FreshetStreams
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FreshetWeb

@Suite(.timeLimit(.minutes(2))) struct RouteTests {
  private static let web = WebConfiguration {
    $0.http("GET", "/healthz") { _ in HTTPResponse("ok\n") }
    $0.http("GET", "/rooms/{room}") { request in
      HTTPResponse("\(request.parameters["room"] ?? "")?\(request.query ?? "") \(request["x-a"] ?? "")")
    }
    $0.http("GET", "/rooms/lobby") { _ in HTTPResponse("the lobby") }
    $0.http("POST", "/rooms/{room}") { request in
      let body = try await request.collectBody(maxBytes: 1_000_000)
      return HTTPResponse(status: 201, fields: [HTTPField("Location", request.path)], body: body)
    }
    $0.http("POST", "/echo") { request in HTTPResponse(stream: MessageStream(request.body)) }
    $0.http("GET", "/fail") { _ in throw RPCError(code: .notFound, message: "no “such” thing") }
    $0.http("GET", "/break") { _ in
      HTTPResponse(
        stream: MessageStream { yield in
          try await yield(ByteBuffer(string: "half"))
          throw RPCError(code: .dataLoss, message: "lost")
        })
    }
    $0.http("GET", "/nothing") { _ in HTTPResponse(status: 204) }
    $0.http("GET", "/bad") { _ in HTTPResponse(fields: [HTTPField("x", "a\r\nb: c")]) }
    $0.http("GET", "/protocol") { HTTPResponse("\($0.context.protocol) \($0.context.method)") }
  }

  private func ask(
    _ carrier: WebCarrier, _ verb: String, _ path: String, _ fields: [(String, String)] = [], _ body: [[UInt8]] = []
  ) async throws -> WebResponse {
    try await withWebServer(tls: carrier.usesTLS, web: Self.web) {
      try await carrier.exchange(WebRequest(verb, path, fields, body: body), port: $0)
    }
  }

  private func text(_ response: WebResponse) -> String { String(decoding: response.body, as: UTF8.self) }

  @Test(arguments: WebCarrier.allCases)
  func `a route answers its verb and path, the more specific one first`(_ carrier: WebCarrier) async throws {
    let health = try await ask(carrier, "GET", "/healthz")
    #expect(health.status == 200 && text(health) == "ok\n" && health["content-length"] == "3")
    #expect(health["content-type"] == "text/plain; charset=utf-8")
    #expect(try await text(ask(carrier, "GET", "/rooms/a%20b?c=d", [("x-a", "1")])) == "a b?c=d 1")
    #expect(try await text(ask(carrier, "GET", "/rooms/lobby")) == "the lobby")
    #expect(try await text(ask(carrier, "GET", "/protocol")) == "http GET /protocol")
    #expect(try await ask(carrier, "GET", "/nothing").status == 204)
    #expect(try await ask(carrier, "GET", "/nowhere").status == 404)
    let verb = try await ask(carrier, "DELETE", "/rooms/a")
    #expect(verb.status == 405 && verb["allow"] == "GET, HEAD, POST")
    #expect(try await ask(carrier, "POST", "/rooms/lobby").status == 405)
    // A method's path is nothing else.
    #expect(try await ask(carrier, "GET", "/echo.v1.Echo/Expand").status == 405)
  }

  @Test(arguments: WebCarrier.allCases)
  func `HEAD is GET without its body`(_ carrier: WebCarrier) async throws {
    let head = try await ask(carrier, "HEAD", "/healthz")
    #expect(head.status == 200 && head.body.isEmpty && head["content-length"] == "3" && head.breach == nil)
    // Of a body that would not end.
    let stream = try await ask(carrier, "HEAD", "/break")
    #expect(stream.status == 200 && stream.body.isEmpty && stream["content-length"] == nil && stream.breach == nil)
    let failed = try await ask(carrier, "HEAD", "/fail")
    #expect(failed.status == 404 && failed.body.isEmpty && failed.breach == nil)
  }

  @Test(arguments: WebCarrier.allCases)
  func `a body is read whole up to its limit, or as it arrives`(_ carrier: WebCarrier) async throws {
    let created = try await ask(carrier, "POST", "/rooms/a", [], [Array("hi".utf8)])
    #expect(created.status == 201 && created["location"] == "/rooms/a" && text(created) == "hi")
    let large = [UInt8](repeating: 7, count: 900_000)
    #expect(try await ask(carrier, "POST", "/rooms/a", [], [large]).body == large)
    #expect(try await ask(carrier, "POST", "/rooms/a", [], [large + large]).status == 413)
    let parts: [[UInt8]] = (0..<5).map { Array(repeating: UInt8($0), count: 100_000) }
    #expect(try await ask(carrier, "POST", "/echo", [], parts).body == parts.flatMap { $0 })
    #expect(try await ask(carrier, "POST", "/echo").body.isEmpty)
  }

  @Test(arguments: WebCarrier.allCases)
  func `an error is its HTTP status, and cuts off a body that has begun`(_ carrier: WebCarrier) async throws {
    let failed = try await ask(carrier, "GET", "/fail")
    #expect(failed.status == 404 && text(failed) == #"{"code":5,"message":"no “such” thing"}"#)
    let broken = try await ask(carrier, "GET", "/break")
    // A stream of HTTP/2 may be reset before its head has left.
    #expect([200, carrier.isHTTP2 ? 0 : 200].contains(broken.status) && broken.breach != nil, "\(broken)")
    #expect(try await ask(carrier, "GET", "/bad").status == 500)
  }

  @Test func `an interceptor runs around routes as around calls`() async throws {
    struct Refuse: ServerInterceptor {
      func intercept(_ context: ServerContext, next: Next) async throws {
        throw RPCError(code: .unauthenticated, message: "who?")
      }
    }
    var configuration = ServerConfiguration()
    configuration.trapsSignals = false
    let server = Server(services: [], interceptors: [Refuse()], configuration: configuration, web: Self.web)
    try await withRunning(server) { address in
      let response = try await WebCarrier.http1.exchange(WebRequest("GET", "/healthz"), port: address.port)
      #expect(response.status == 401)
    }
  }

  @Test func `a client that does not read stops a route's body`() async throws {
    let sent = Mutex(0)
    let web = WebConfiguration {
      $0.http("GET", "/endless") { _ in
        HTTPResponse(
          stream: MessageStream { yield in
            let part = ByteBuffer(repeating: 1, count: 64 * 1024)
            while true {
              try await yield(part)
              sent.withLock { $0 += part.readableBytes }
            }
          })
      }
    }
    try await withWebServer(web: web) { port in
      let socket = RawSocket(port: port)
      socket.send(Array("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
      // Until nothing more is taken: two looks with a round trip to the server in between.
      var last = -1
      while case let now = sent.withLock({ $0 }), now == 0 || now != last {
        last = now
        for _ in 0..<20 { _ = try await WebCarrier.http1.exchange(WebRequest("GET", "/"), port: port) }
      }
      #expect(last < 32 << 20)
    }
  }
}
