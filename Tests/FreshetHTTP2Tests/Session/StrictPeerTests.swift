// The peer that validates our output rejects what RFC 9113 §8 forbids, and nothing else.
import TestSupport
import Testing

@Suite struct StrictPeerTests {
  private func complaints(_ fields: [(String, String)], ofClient: Bool, endStream: Bool = false) -> [String] {
    let reader = FrameReader(ofClient: ofClient)
    if ofClient { reader.append(Frame.preface) }
    reader.append(Frame.headers(1, fields, endStream: endStream).bytes)
    _ = reader.all()
    return reader.takeComplaints()
  }

  private static let head = [(":status", "200"), ("content-type", "application/grpc")]

  @Test(arguments: [
    [], [("x", "")], [("x", "a b")], [("x", "\u{e9}")], [("x-bin", "AQI")], [("host", "localhost")],
    [("te", "trailers")],
    [("content-length", "7")],
  ])
  func `well-formed requests and responses are accepted`(_ more: [(String, String)]) {
    let request = grpcRequest("/s/m").filter { $0.0 != "te" } + more
    #expect(complaints(request, ofClient: true) == [])
    #expect(complaints(Self.head + more.filter { $0.0 != "te" }, ofClient: false) == [])
  }

  @Test func `only a response to HEAD has a length and no body`() {
    let head = Frame.headers(1, Self.head + [("content-length", "7")], endStream: true).bytes
    for (method, isFine) in [("HEAD", true), ("GET", false), ("POST", false)] {
      let reader = FrameReader(requestMethod: method)
      reader.append(head)
      _ = reader.all()
      #expect(reader.takeComplaints().isEmpty == isFine)
    }
  }

  @Test(arguments: [
    [("x", " a")], [("x", "a ")], [("x", "a\t")], [("x", "a\nb")], [("x", "\u{7f}")], [("X", "a")], [("x y", "a")],
    [("", "a")],
    [("connection", "close")], [("keep-alive", "1")], [("transfer-encoding", "chunked")], [(":x", "a")],
    [("content-length", "x")],
  ])
  func `an invalid field is rejected in a request, a response and trailers`(_ more: [(String, String)]) {
    #expect(complaints(grpcRequest("/s/m", more), ofClient: true) != [])
    #expect(complaints(Self.head + more, ofClient: false) != [])
    if more[0].0 != "content-length" {
      #expect(complaints([("grpc-status", "0")] + more, ofClient: false, endStream: true) != [])
    }
  }

  @Test(
    arguments: [
      (":method", nil), (":path", nil), (":scheme", nil), (":path", ""), (":authority", "[fe80::1%eth0]:1"),
      (":authority", "a b"),
      ("te", "gzip"),
    ] as [(String, String?)])
  func `a request with wrong pseudo-headers or te is rejected`(_ name: String, _ value: String?) {
    let request = grpcRequest("/s/m").compactMap { field in field.0 == name ? value.map { (name, $0) } : field }
    #expect(complaints(request, ofClient: true) != [])
  }

  @Test func `a host that contradicts the authority is rejected`() {
    #expect(complaints(grpcRequest("/s/m", [("host", "other")]), ofClient: true) != [])
  }

  @Test func `trailers without END_STREAM, and a response without a status, are rejected`() {
    #expect(complaints([("grpc-status", "0")], ofClient: false) != [])
    #expect(complaints([(":status", "")], ofClient: false) != [])
    #expect(complaints([("grpc-status", "0")], ofClient: false, endStream: true) == [])
    #expect(complaints([(":status", "103"), ("link", "x")], ofClient: false) == [])
  }
}
