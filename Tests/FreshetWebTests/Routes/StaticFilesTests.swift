// Files over each carrier on real sockets.
import Foundation
import TestSupport
import Testing

@testable import FreshetWeb

@Suite(.timeLimit(.minutes(2))) struct StaticFilesTests {
  private func text(_ response: WebResponse) -> String { String(decoding: response.body, as: UTF8.self) }

  private func withFiles(_ body: (Int) async throws -> Void) async throws {
    let folder = try Folder()
    try folder.link("out", to: "../secret")
    try folder.link("in", to: "index.html")
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
      #expect(folder.status == 308 && folder["location"] == "./sub/")
      #expect(try await text(get("/sub/")) == "sub")
      let tag = try #require(index["etag"])
      for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
        let same = try await get("/", [("if-none-match", known)])
        #expect(same.status == 304 && same.body.isEmpty && same["etag"] == tag)
      }
      #expect(try await get("/", [("if-none-match", "\"x\"")]).status == 200)
    }
  }

  @Test func `what is unknown to a client's conditions is sent, what is not is not`() async throws {
    try await withFiles { port in
      func ask(_ verb: String, _ fields: [(String, String)]) async throws -> WebResponse {
        try await WebCarrier.http1.exchange(WebRequest(verb, "/", fields), port: port)
      }
      let tag = try #require(try await ask("GET", [])["etag"])
      for verb in ["GET", "HEAD"] {
        #expect(try await ask(verb, [("if-match", tag)]).status == 200)
        #expect(try await ask(verb, [("if-match", "*")]).status == 200)
        #expect(try await ask(verb, [("if-match", "\"x\""), ("if-match", tag)]).status == 200)
        let other = try await ask(verb, [("if-match", "W/\(tag)")])
        #expect(other.status == 412 && other.body.isEmpty && other["etag"] == tag)
        #expect(try await ask(verb, [("if-match", "\"x\"")]).status == 412)
        #expect(try await ask(verb, [("if-none-match", "\"x\""), ("if-none-match", tag)]).status == 304)
        // There is no date to compare.
        #expect(try await ask(verb, [("if-modified-since", "Sat, 29 Oct 2044 19:43:31 GMT")]).status == 200)
      }
    }
  }

  @Test(arguments: WebCarrier.allCases)
  func `HEAD is GET without its body, and without ranges`(_ carrier: WebCarrier) async throws {
    let folder = try Folder()
    let web = WebConfiguration { $0.files("/", in: folder.path) }
    try await withWebServer(tls: carrier.usesTLS, web: web) { port in
      func ask(_ verb: String, _ path: String, _ fields: [(String, String)] = []) async throws -> WebResponse {
        try await carrier.exchange(WebRequest(verb, path, fields), port: port)
      }
      let whole = try await ask("GET", "/big")
      let head = try await ask("HEAD", "/big", [("range", "bytes=0-1")])
      #expect(head.status == 200 && head.body.isEmpty && head.breach == nil && head.fields == whole.fields)
      #expect(head["content-length"] == "300000")
      let moved = try await ask("HEAD", "/sub")
      #expect(moved.status == 308 && moved["location"] == "./sub/" && moved.body.isEmpty)
      #expect(try await ask("HEAD", "/nothing").status == 404)
      #expect(try await ask("POST", "/big").status == 405)
    }
  }

  @Test(arguments: WebCarrier.allCases)
  func `a folder's path is relative to the request's, and no other host's`(_ carrier: WebCarrier) async throws {
    let folder = try Folder()
    for name in ["evil.com", "\\evil", "a:b", "a b", "x/y", "ü?#"] { try folder.make(name) }
    let web = WebConfiguration { $0.files("/", in: folder.path) }
    try await withWebServer(tls: carrier.usesTLS, web: web) { port in
      func location(_ path: String) async throws -> String? {
        let response = try await carrier.exchange(WebRequest("GET", path), port: port)
        if response.status == 404 { return nil }
        #expect(response.status == 308, "\(path)")
        return response["location"] ?? ""
      }
      for (path, expected) in [
        ("//evil.com", "./evil.com/"), ("///evil.com", "./evil.com/"), ("//evil.com?a=//b", "./evil.com/?a=//b"),
        ("/\\evil", "./%5Cevil/"), ("/%5Cevil", "./%5Cevil/"), ("//%5cevil", "./%5Cevil/"), ("/a:b", "./a%3Ab/"),
        ("/a%20b", "./a%20b/"), ("/x/y", "./y/"), ("/x%2Fy", "./x%2Fy/"), ("/x%2F%2Fy", "./x%2F%2Fy/"),
        ("/%2Fevil.com", "./%2Fevil.com/"), ("/%C3%BC%3F%23", "./%C3%BC%3F%23/"),
      ] {
        #expect(try await location(path) == expected, "\(path)")
      }
      for path in [
        "/.//evil.com", "/./evil.com", "/x/../evil.com", "/x/%2e%2e/evil.com", "//evil.com/.", "//evil.com/..",
        "/evil.com%00", "//other.com", "/evil.com/sub", "/evil.com%0d%0ax:%20y",
      ] {
        #expect(try await location(path) == nil, "\(path)")
      }
      let index = try await carrier.exchange(WebRequest("GET", "//evil.com/"), port: port)
      #expect(index.status == 200 && index["location"] == nil)
    }
  }

  @Test func `the folder of all files has a slash at its end as well`() async throws {
    let folder = try Folder()
    let web = WebConfiguration { $0.files("/a/static", in: folder.path) }
    try await withWebServer(web: web) { port in
      func get(_ path: String) async throws -> WebResponse {
        try await WebCarrier.http1.exchange(WebRequest("GET", path), port: port)
      }
      let moved = try await get("/a/static?x=1")
      #expect(moved.status == 308 && moved["location"] == "./static/?x=1")
      #expect(try await text(get("/a/static/")) == "<h1>hi</h1>")
      #expect(try await get("/a/static/sub")["location"] == "./sub/")
      #expect(try await get("/a/").status == 404)
    }
  }

  @Test func `a link out of the folder is not followed, whatever it leads to`() async throws {
    let folder = try Folder(), other = try Folder()
    try folder.link("out", to: other.path)
    try folder.link("up", to: "..")
    try folder.link("sub/index.html", to: "\(other.path)/index.html")
    try folder.link("self", to: "self")
    try folder.link("again", to: "sub")
    let web = WebConfiguration { $0.files("/", in: folder.path) }
    try await withWebServer(web: web) { port in
      func status(_ path: String) async throws -> Int {
        try await WebCarrier.http1.exchange(WebRequest("GET", path), port: port).status
      }
      for path in ["/out", "/out/", "/out/index.html", "/up", "/up/", "/sub/", "/sub/index.html", "/self", "/self/"] {
        #expect(try await status(path) == 404, "\(path)")
      }
      let inside = try await status("/again")
      #expect(inside == 308)
      #expect(try await status("/again/big") == 404)
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

/// A folder with files in it and a secret beside it, which are removed with the last reference.
private final class Folder: Sendable {
  private let outer = FileManager.default.temporaryDirectory.appending(path: "freshet-files-\(UUID().uuidString)")
  private var folder: URL { outer.appending(path: "public") }
  var path: String { folder.path }

  init() throws {
    try make("sub")
    try Data("<h1>hi</h1>".utf8).write(to: folder.appending(path: "index.html"))
    try Data("body {}".utf8).write(to: folder.appending(path: "a b.css"))
    try Data(repeating: 7, count: 300_000).write(to: folder.appending(path: "big"))
    try Data("hidden".utf8).write(to: folder.appending(path: ".env"))
    try Data("secret".utf8).write(to: outer.appending(path: "secret"))
  }

  deinit { try? FileManager.default.removeItem(at: outer) }

  /// Makes a folder, with an index that is its name.
  func make(_ name: String) throws {
    let new = folder.appending(path: name)
    try FileManager.default.createDirectory(at: new, withIntermediateDirectories: true)
    try Data(name.utf8).write(to: new.appending(path: "index.html"))
  }

  func link(_ name: String, to destination: String) throws {
    let link = folder.appending(path: name).path
    try? FileManager.default.removeItem(atPath: link)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: destination)
  }
}
