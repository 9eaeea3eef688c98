// The headers of a request by gRPC's rules.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import TestSupport
import Testing

@testable import FreshetServer

@Suite struct GRPCHeadTests {
  private let router = Router([BytesService(unary: { request, _ in request })], execution: .eventLoop)

  /// The outcome of a request: `ok`, `http 405`, or `UNIMPLEMENTED: message`.
  private func outcome(
    _ fields: [(String, String)], isTruncated: Bool = false, compressions: CompressionRegistry = .standard
  ) -> String {
    switch head(fields, isTruncated: isTruncated, compressions: compressions) {
    case .success: return "ok"
    case .failure(let refusal):
      if let status = refusal.httpStatus { return "http \(status)" }
      let accepting = refusal.head.first("grpc-accept-encoding")
      return "\(refusal.status.code)" + (accepting.map { " accepting \($0)" } ?? "")
    }
  }

  private func head(
    _ fields: [(String, String)], isTruncated: Bool = false, compressions: CompressionRegistry = .standard
  ) -> Result<RequestHead, CallRefusal> {
    var kept = HeaderFields()
    var timeout: String?
    for (name, value) in fields {  // like the session
      if name == "grpc-timeout" { timeout = value } else { kept.append(name, value) }
    }
    let section = HeaderSection(kept, isTruncated: isTruncated)
    do throws(CallRefusal) {
      return .success(
        try withTimeout(timeout) { timeout throws(CallRefusal) in
          try GRPCWire.shared.readHead(section, timeout: timeout, router, compressions)
        })
    } catch { return .failure(error) }
  }

  private func withTimeout<T>(
    _ text: String?, _ body: (UnsafeRawBufferPointer?) throws(CallRefusal) -> T
  ) throws(CallRefusal) -> T {
    guard let text else { return try body(nil) }
    let bytes = Array(text.utf8)
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(copy))
  }

  private func duration(_ timeout: String?) throws -> Duration? {
    let head = try head(request()).get()
    return try withTimeout(timeout) { timeout throws(CallRefusal) in
      guard let timeout else { return head.timeout }
      return try GRPCWire.shared.duration(timeout, head)
    }
  }

  private func request(
    method: String = "POST", path: String = "/test.Bytes/Unary", type: String? = "application/grpc",
    _ more: [(String, String)] = []
  ) -> [(String, String)] {
    [(":method", method), (":scheme", "http"), (":path", path), (":authority", "x")]
      + (type.map { [("content-type", $0)] } ?? []) + more
  }

  @Test(arguments: [
    ("POST", "ok"), ("GET", "http 405"), ("PUT", "http 405"), ("post", "http 405"), ("", "http 405"),
    ("POSTS", "http 405"),
  ])
  func `S1: any method but POST is HTTP 405`(method: String, expected: String) {
    #expect(outcome(request(method: method)) == expected)
  }

  @Test(arguments: [
    "/test.Bytes/Nothing", "/test.bytes/Unary", "/test.Bytes/unary", "/test.Bytes/Unary/", "/test.Bytes/Unary?x=1", "/",
    "", "*", "test.Bytes/Unary", "/other/Unary", "/test.Bytes/Unar",
  ])
  func `S1: an unknown path is UNIMPLEMENTED and named`(path: String) {
    #expect(outcome(request(path: path)) == "UNIMPLEMENTED")
    guard case .failure(let refusal) = head(request(path: path)) else { return }
    #expect(refusal.status.message.contains(path))
  }

  @Test(arguments: [
    ("application/grpc", "ok"), ("application/grpc+proto", "ok"), ("application/grpc;charset=utf-8", "ok"),
    ("application/grpc+proto; x=y", "ok"), ("Application/GRPC", "ok"), ("application/grpc+json", "http 415"),
    ("application/grpc-web", "http 415"), ("application/grpcx", "http 415"), ("application/json", "http 415"),
    ("application/grp", "http 415"), ("", "http 415"), ("text/html", "http 415"),
  ])
  func `S2: a content-type that is not gRPC's, or of another codec, is HTTP 415`(type: String, expected: String) {
    #expect(outcome(request(type: type)) == expected)
  }

  @Test func `a refusal quotes the request in one short printable line`() {
    let path = "/s/m\n2026-01-01 error: forged" + String(repeating: "x", count: 10_000)
    for fields in [request(path: path), request([("grpc-encoding", path)])] {
      guard case .failure(let refusal) = head(fields) else {
        Issue.record("not refused: \(outcome(fields))")
        continue
      }
      let message = refusal.status.message
      #expect(message.contains("forged") && !message.contains("\n"))
      #expect(message.utf8.count < 400)
    }
  }

  @Test func `S2: a request without content-type is HTTP 415`() { #expect(outcome(request(type: nil)) == "http 415") }

  @Test func `S17, S18: GET without a content-type is HTTP 405, not a gRPC status`() {
    #expect(outcome([(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "x")]) == "http 405")
  }

  @Test func `S3: te is not required, and has no effect`() {
    #expect(outcome(request([("te", "trailers")])) == "ok")
    #expect(outcome(request([("te", "gzip")])) == "ok")
  }

  @Test(arguments: [
    ("1H", Duration.seconds(3600)), ("2M", .seconds(120)), ("3S", .seconds(3)), ("4m", .milliseconds(4)),
    ("5u", .microseconds(5)), ("6n", .nanoseconds(6)), ("99999999H", .seconds(99_999_999 * 3600)), ("0n", .zero),
  ])
  func `S4: a time-out is parsed`(text: String, expected: Duration) throws {
    #expect(outcome(request([("grpc-timeout", text)])) == "ok")
    #expect(try duration(text) == expected)
  }

  @Test(arguments: ["", "1", "H", "1x", "-1S", "+1S", "123456789S", "1 S", " 1S", "1.5S", "1s", "１S"])
  func `S4: a malformed time-out is INTERNAL`(text: String) {
    #expect(outcome(request([("grpc-timeout", text)])) == "INTERNAL")
  }

  @Test func `S4: no time-out is no deadline`() throws { #expect(try duration(nil) == nil) }

  @Test func `S4, S5: of several errors the first one checked decides`() {
    let bad = [("grpc-timeout", "x"), ("grpc-encoding", "br")]
    #expect(outcome(request(bad)) == "INTERNAL")
    #expect(outcome(request(path: "/no/such", bad)) == "UNIMPLEMENTED")
    #expect(outcome(request(type: nil, bad)) == "http 415")
    #expect(outcome(request(bad), isTruncated: true) == "RESOURCE_EXHAUSTED")
    #expect(outcome(request(method: "GET", bad)) == "http 405")
  }

  @Test func `S5: an unknown encoding is UNIMPLEMENTED with the list of known ones`() {
    #expect(outcome(request([("grpc-encoding", "br")])) == "UNIMPLEMENTED accepting identity,deflate,gzip")
    #expect(outcome(request([("grpc-encoding", "gzip")]), compressions: .none) == "UNIMPLEMENTED accepting identity")
    #expect(outcome(request([("grpc-encoding", "")])) != "ok")
  }

  @Test func `S5: known encodings and identity are accepted`() throws {
    #expect(try head(request([("grpc-encoding", "gzip")])).get().compression?.name == "gzip")
    #expect(try head(request([("grpc-encoding", "identity")])).get().compression == nil)
    #expect(try head(request()).get().compression == nil)
  }

  @Test func `S6: a client accepts what it lists, in one field or in several`() throws {
    let one = try head(request([("grpc-accept-encoding", "identity,gzip, br")])).get()
    #expect(one.accepts(.gzip) && !one.accepts(.deflate))
    let two = try head(request([("grpc-accept-encoding", "br"), ("grpc-accept-encoding", "deflate")])).get()
    #expect(two.accepts(.deflate) && !two.accepts(.gzip))
    #expect(try !head(request()).get().accepts(.gzip))
  }

  @Test func `S8: metadata is everything except HTTP's and gRPC's own fields, in order, with duplicates`() throws {
    let head = try head(
      request([
        ("te", "trailers"), ("user-agent", "x/1"), ("grpc-timeout", "1S"), ("grpc-unknown", "z"), ("b", "1"),
        ("a", " 2 "),
        ("b", "3"), ("t-bin", "AQID,BA=="),
      ])
    ).get()
    let metadata = head.makeMetadata()
    #expect(metadata.map(\.key) == ["user-agent", "b", "a", "b", "t-bin", "t-bin"])
    #expect(metadata.strings(for: "b") == ["1", "3"])
    #expect(metadata["a"] == "2")
    #expect(metadata.binaries(for: "t-bin") == [[1, 2, 3], [4]])
  }

  @Test func `gRFC A41: a host is not metadata, whether or not it equals the authority`() throws {
    for host in ["x", "elsewhere"] {
      let head = try head(request([("host", host), ("a", "1")])).get()
      #expect(head.makeMetadata() == ["a": "1"])
    }
  }

  @Test func `S9: truncated headers are RESOURCE_EXHAUSTED, which names the setting`() {
    #expect(outcome(request(), isTruncated: true) == "RESOURCE_EXHAUSTED")
    guard case .failure(let refusal) = head(request(), isTruncated: true) else { return }
    #expect(refusal.status.message.contains("maxHeaderListBytes"))
  }

  @Test func `S9: truncated headers are RESOURCE_EXHAUSTED, even without a content-type`() {
    #expect(outcome(request(type: nil), isTruncated: true) == "RESOURCE_EXHAUSTED")
  }
}
