// Files over each carrier on real sockets.
import Foundation
import TestSupport
import Testing

@testable import FreshetWeb

@Suite(.timeLimit(.minutes(2))) struct StaticFilesTests {
  private func text(_ response: WebResponse) -> String { String(decoding: response.body, as: UTF8.self) }

  private func withFiles(_ body: (Int) async throws -> Void) async throws {
    let outer = FileManager.default.temporaryDirectory.appending(path: "freshet-files-\(UUID().uuidString)")
    let folder = outer.appending(path: "public")
    try FileManager.default.createDirectory(at: folder.appending(path: "sub"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: outer) }
    try Data("<h1>hi</h1>".utf8).write(to: folder.appending(path: "index.html"))
    try Data("body {}".utf8).write(to: folder.appending(path: "a b.css"))
    try Data("sub".utf8).write(to: folder.appending(path: "sub/index.html"))
    try Data(repeating: 7, count: 300_000).write(to: folder.appending(path: "big"))
    try Data("hidden".utf8).write(to: folder.appending(path: ".env"))
    try Data("secret".utf8).write(to: outer.appending(path: "secret"))
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: folder.appending(path: "out").path, withDestinationPath: "../secret")
    try manager.createSymbolicLink(atPath: folder.appending(path: "in").path, withDestinationPath: "index.html")
    let web = WebConfiguration { $0.files("/", in: folder.path) }
    try await withWebServer(web: web) { try await body($0) }
  }

  @Test func `files have types, indices and tags`() async throws {
    try await withFiles { port in
      func get(_ path: String, _ fields: [(String, String)] = []) async throws -> WebResponse {
        try await WebCarrier.http1.exchange(WebRequest("GET", path, fields), port: port)
      }
      let index = try await get("/")
      #expect(text(index) == "<h1>hi</h1>" && index["content-type"] == "text/html; charset=utf-8")
      #expect(index["x-content-type-options"] == "nosniff" && index["cache-control"] == "no-cache")
      #expect(try await text(get("/in")) == "<h1>hi</h1>")
      let css = try await get("/a%20b.css")
      #expect(css["content-type"] == "text/css; charset=utf-8" && css["content-length"] == "7")
      let folder = try await get("/sub")
      #expect(folder.status == 308 && folder["location"] == "/sub/")
      #expect(try await text(get("/sub/")) == "sub")
      let tag = try #require(index["etag"])
      for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
        let same = try await get("/", [("if-none-match", known)])
        #expect(same.status == 304 && same.body.isEmpty && same["etag"] == tag)
      }
      #expect(try await get("/", [("if-none-match", "\"x\"")]).status == 200)
    }
  }

  @Test func `files are served in ranges`() async throws {
    try await withFiles { port in
      func get(_ fields: [(String, String)]) async throws -> WebResponse {
        try await WebCarrier.h2c.exchange(WebRequest("GET", "/big", fields), port: port)
      }
      let whole = try await get([])
      #expect(whole.body == [UInt8](repeating: 7, count: 300_000) && whole["accept-ranges"] == "bytes")
      let part = try await get([("range", "bytes=100-70099")])
      #expect(part.status == 206 && part.body.count == 70_000)
      #expect(part["content-range"] == "bytes 100-70099/300000" && part["content-length"] == "70000")
      let outside = try await get([("range", "bytes=300000-")])
      #expect(outside.status == 416 && outside["content-range"] == "bytes */300000")
      #expect(try await get([("range", "bytes=0-1"), ("if-range", "\"other\"")]).status == 200)
      #expect(try await get([("range", "bytes=0-1"), ("if-range", whole["etag"] ?? "")]).status == 206)
    }
  }

  @Test(arguments: [
    "/.env", "/../secret", "/%2e%2e/secret", "/sub/../../secret", "/..%2fsecret", "/%2e%2e%2fsecret", "/out", "/big/",
    "/nothing", "/index.html/", "/a%00b", "//etc/passwd", "/%2fetc/passwd", "/sub/..", "/%5c..%5csecret",
  ])
  func `nothing outside the folder is there, nor hidden files`(_ path: String) async throws {
    try await withFiles { port in
      let response = try await WebCarrier.http1.exchange(WebRequest("GET", path), port: port)
      #expect(response.status == 404 || response.status == 400, "\(path)")
      #expect(!text(response).contains("secret") && !text(response).contains("hidden"))
    }
  }
}
