// Clients that end their side of a real socket and still read, as `nc` does (web.md W106).
import Freshet
import FreshetWeb
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct HalfCloseTests {
  private let call =
    "POST /echo.v1.Echo/Get HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"text\":\"hi\"}"

  private let slow = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"

  private func web(allowed: Bool) -> WebConfiguration {
    WebConfiguration {
      $0.http1.allowsHalfClose = allowed
      $0.http("GET", "/slow") { _ in
        try await Task.sleep(for: .milliseconds(50))
        return HTTPResponse("done")
      }
    }
  }

  private func ask(_ request: String, allowed: Bool, isTLS: Bool) async throws -> String {
    try await withWebServer(tls: isTLS, web: web(allowed: allowed)) { try await ask(request, port: $0, isTLS: isTLS) }
  }

  private func ask(_ request: String, port: Int, isTLS: Bool) async throws -> String {
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

  @Test(arguments: [false, true])
  func `W106: what was asked before the client's end is answered, where that is allowed`(_ isTLS: Bool) async throws {
    let answer = try await ask(call, allowed: true, isTLS: isTLS)
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains(#""text":"hi""#), "\(answer)")
    let late = try await ask(slow, allowed: true, isTLS: isTLS)
    #expect(late.hasSuffix("connection: close\r\n\r\ndone"), "\(late)")
    let refusal = try await ask("BAD\r\n\r\n", allowed: true, isTLS: isTLS)
    #expect(refusal.hasPrefix("HTTP/1.1 400 "), "\(refusal)")
  }

  /// Their last bytes of the handshake, requests and ends arrive together, and wait for their turns.
  @Test func `W106: many clients at once are answered`() async throws {
    try await withWebServer(tls: true, web: web(allowed: true)) { port in
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<32 { group.addTask { try await ask(slow, port: port, isTLS: true) } }
        for try await answer in group { #expect(answer.hasSuffix("\r\n\r\ndone"), "\(answer)") }
      }
    }
  }

  @Test(arguments: [false, true])
  func `W106: by default the client's end is that of its call`(_ isTLS: Bool) async throws {
    #expect(try await ask(slow, allowed: false, isTLS: isTLS) == "")
  }

  @Test func `W106: of a request that is cut off nothing is left`() async throws {
    for cut in ["GET /sl", "POST /echo.v1.Echo/Get HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", "PR"] {
      let answer = try await ask(cut, allowed: true, isTLS: false)
      #expect(answer == "", "\(cut)")
    }
  }
}
