// freshet.js from a server.
import Foundation
import TestSupport
import Testing

@testable import FreshetWeb

@Suite(.timeLimit(.minutes(2))) struct JavaScriptModuleTests {
  @Test func `freshet.js is served as it is in the repository, and only once to a browser`() async throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../JavaScript/freshet.js")
    let module = try Data(contentsOf: file)
    #expect(module.count <= 10_240)
    try await withWebServer(web: WebConfiguration { $0.javaScript() }) { port in
      let first = try await WebCarrier.http1.exchange(WebRequest("GET", "/freshet.js"), port: port)
      #expect(first.status == 200 && first["content-type"] == "text/javascript; charset=utf-8")
      #expect(Data(first.body) == module)
      let tag = try #require(first["etag"])
      let again = try await WebCarrier.http1.exchange(
        WebRequest("GET", "/freshet.js", [("if-none-match", tag)]), port: port)
      #expect(again.status == 304 && again.body.isEmpty)
      let other = try await WebCarrier.http1.exchange(
        WebRequest("GET", "/freshet.js", [("if-none-match", "\"x\"")]), port: port)
      #expect(other.status == 200)
    }
  }
}
