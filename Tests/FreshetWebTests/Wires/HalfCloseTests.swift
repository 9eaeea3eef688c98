// Clients that end their side of a real socket and still read, as `nc` does (web.md W106).
import Freshet
import FreshetWeb
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct HalfCloseTests {
  private let call =
    "POST /echo.v1.Echo/Get HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"text\":\"hi\"}"

  private func ask(_ request: String, allowed: Bool, isTLS: Bool) async throws -> String {
    let web = WebConfiguration {
      $0.http1.allowsHalfClose = allowed
      $0.http("GET", "/slow") { _ in
        try await Task.sleep(for: .milliseconds(50))
        return HTTPResponse("done")
      }
    }
    return try await withWebServer(tls: isTLS, web: web) { port in
      try await onThread {
        let socket =
          isTLS
          ? RawSocket(descriptor: try TLSTunnel.connected(to: port, alpn: ["http/1.1"], halfCloses: true))
          : RawSocket(port: port)
        socket.send(Array(request.utf8))
        socket.finish()
        return String(decoding: try #require(socket.readToEnd()), as: UTF8.self)
      }
    }
  }

  @Test(arguments: [false, true])
  func `W106: what was asked before the client's end is answered, where that is allowed`(_ isTLS: Bool) async throws {
    let answer = try await ask(call, allowed: true, isTLS: isTLS)
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains(#""text":"hi""#), "\(answer)")
    let slow = try await ask("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", allowed: true, isTLS: isTLS)
    #expect(slow.hasSuffix("connection: close\r\n\r\ndone"), "\(slow)")
    let refusal = try await ask("BAD\r\n\r\n", allowed: true, isTLS: isTLS)
    #expect(refusal.hasPrefix("HTTP/1.1 400 "), "\(refusal)")
  }

  @Test(arguments: [false, true])
  func `W106: by default the client's end is that of its call`(_ isTLS: Bool) async throws {
    #expect(try await ask("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", allowed: false, isTLS: isTLS) == "")
  }

  @Test func `W106: of a request that is cut off nothing is left`() async throws {
    for cut in ["GET /sl", "POST /echo.v1.Echo/Get HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", "PR"] {
      let answer = try await ask(cut, allowed: true, isTLS: false)
      #expect(answer == "", "\(cut)")
    }
  }
}
