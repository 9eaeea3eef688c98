// W23–W27: preflights and actual answers.
import FreshetHTTP
import FreshetWeb
import Testing

@Suite("CORSDecision")
struct CORSDecisionTests {
  private let policy = CORSPolicy {
    $0.origins = ["https://a.example"]
    $0.allowedHeaders = ["X-Tenant", "authorization"]
    $0.exposedHeaders = ["X-Extra"]
  }

  @Test func `W23: a page of the server's own is no matter of CORS`() {
    for fields: HeaderFields in [
      [":scheme": "https", ":authority": "s.example"],
      [":scheme": "https", ":authority": "s.example", "origin": "https://s.example"],
      [":scheme": "https", ":authority": "S.example:443", "origin": "https://s.example"],
      [":scheme": "http", ":authority": "s:8080", "origin": "http://s:8080"],
      [":scheme": "http", ":authority": "inside:80", "origin": "https://s.example", "sec-fetch-site": "same-origin"],
    ] {
      #expect(policy.judge(fields) == .sameOrigin)
      #expect(CORSPolicy().judge(fields) == .sameOrigin)
    }
  }

  @Test func `W23: other pages are refused before a handler runs`() throws {
    for fields: HeaderFields in [
      [":scheme": "https", ":authority": "s.example", "origin": "http://s.example"],
      [":scheme": "https", ":authority": "s.example", "origin": "https://s.example:8443"],
      [":scheme": "https", ":authority": "s.example", "origin": "https://evil.example", "sec-fetch-site": "same-site"],
      [":scheme": "https", ":authority": "s.example", "origin": "https://a.example", "origin": "https://a.example"],
    ] {
      guard case .refused(let origin) = policy.judge(fields) else {
        Issue.record("\(lines(fields)) is not refused")
        continue
      }
      #expect(WebRefusal(.foreignOrigin(origin), to: .connectUnary).httpStatus == 403)
    }
  }

  @Test func `W27: a preflight is answered with what is allowed of what it asks for`() throws {
    let answer = try policy.preflight([
      ":scheme": "https", ":authority": "s.example", "origin": "https://a.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "Content-Type,x-tenant, x-other, grpc-timeout",
      "access-control-request-headers": "authorization, bad name", "access-control-request-private-network": "true",
    ])
    #expect(
      lines(answer) == [
        ":status: 204", "access-control-allow-origin: https://a.example", "access-control-allow-methods: POST, GET",
        "access-control-allow-headers: content-type, x-tenant, grpc-timeout, authorization",
        "access-control-max-age: 7200",
        "vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
      ])
  }

  @Test func `W27: credentials, verbs and private networks are answered where they are set`() throws {
    var policy = policy
    policy.allowsCredentials = true
    policy.methods = ["DELETE"]
    policy.allowsPrivateNetwork = true
    policy.maxAge = .seconds(5)
    let asks: HeaderFields = ["origin": "https://a.example", "access-control-request-method": "DELETE"]
    var answer = lines(try policy.preflight(asks))
    #expect(answer.contains("access-control-allow-credentials: true"))
    #expect(answer.contains("access-control-allow-methods: POST, GET, DELETE"))
    #expect(answer.contains("access-control-max-age: 5"))
    #expect(
      !answer.contains {
        $0.hasPrefix("access-control-allow-private-network") || $0.hasPrefix("access-control-allow-headers")
      })
    var fields = asks
    fields.append("access-control-request-private-network", "true")
    answer = lines(try policy.preflight(fields))
    #expect(answer.contains("access-control-allow-private-network: true"))
  }

  @Test func `W26: an asterisk allows all names but authorization`() throws {
    let policy = CORSPolicy {
      $0.origins = .any
      $0.allowedHeaders = ["*"]
    }
    let answer = try policy.preflight([
      "origin": "https://x", "access-control-request-headers": "x-a, Authorization, x-b",
    ])
    #expect(answer.first("access-control-allow-headers") == "x-a, x-b")
    #expect(answer.first("access-control-allow-origin") == "*")
  }

  @Test func `W22, W27: a preflight of another page is refused, and says nothing of CORS`() {
    for policy in [CORSPolicy(), policy] {
      let fault = #expect(throws: WebFault.self) { try policy.preflight(["origin": "https://evil.example"]) }
      #expect(fault == .foreignOrigin("https://evil.example"))
    }
    let head = WebRefusal(.foreignOrigin("https://evil.example"), to: .preflight).head
    #expect(!lines(head).contains { $0.hasPrefix("access-control") })
  }

  @Test func `W25: an answer exposes the protocols' names, its own metadata and what is set`() {
    var head: HeaderFields = [
      ":status": "404", "content-type": "application/json", "content-length": "3", "x-a": "1", "trailer-x-t": "2",
      "trailer-x-t": "3", "cache-control": "no-store", "set-cookie": "a=b", "grpc-status": "5",
      "vary": "Accept-Encoding",
    ]
    policy.append(to: &head, .allowed("https://a.example"))
    #expect(
      lines(head).suffix(3) == [
        "access-control-allow-origin: https://a.example",
        "access-control-expose-headers: grpc-status, grpc-message, grpc-status-details-bin, grpc-encoding, x-extra, x-a, trailer-x-t",
        "vary: Origin",
      ])
  }

  @Test func `W25: credentials are never allowed for all origins`() {
    var policy = policy
    policy.allowsCredentials = true
    var head: HeaderFields = [":status": "200"]
    policy.append(to: &head, .allowed("https://a.example"))
    #expect(head.first("access-control-allow-credentials") == "true")
    policy.origins = .any
    head = [":status": "200"]
    policy.append(to: &head, policy.judge(["origin": "https://x.example"]))
    #expect(head.first("access-control-allow-origin") == "*")
    #expect(head.first("access-control-allow-credentials") == nil)
  }

  @Test func `W22: without origins answers are as they were, and with them caches learn that they vary`() {
    var head: HeaderFields = [":status": "200"]
    CORSPolicy().append(to: &head, .sameOrigin)
    #expect(lines(head) == [":status: 200"])
    policy.append(to: &head, .sameOrigin)
    #expect(lines(head) == [":status: 200", "vary: Origin"])
  }
}
