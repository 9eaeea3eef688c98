// The headers and trailers of a response.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import Testing

@testable import FreshetClient

@Suite struct ResponseHeadTests {
  private func head(_ fields: [(String, String)]) -> ResponseHead {
    var section = HeaderFields()
    for (name, value) in fields { section.append(name, value) }
    return ResponseHead(section)
  }

  private static let grpc = ("content-type", "application/grpc")

  @Test(
    arguments: [
      (400, .internal), (431, .internal), (401, .unauthenticated), (403, .permissionDenied), (404, .unimplemented),
      (429, .unavailable), (502, .unavailable), (503, .unavailable), (504, .unavailable), (500, .unknown),
      (302, .unknown),
      (418, .unknown), (201, .unknown), (204, .unknown),
    ] as [(Int, Status.Code)])
  func `C2: an HTTP status without a gRPC status has its code, in a head and in Trailers-Only`(
    http: Int, code: Status.Code
  ) {
    for type in [Self.grpc, ("content-type", "text/html")] {
      let head = head([(":status", String(http)), type])
      #expect(head.errorOfHead()?.code == code)
      #expect(head.errorOfTrailers(isTrailersOnly: true)?.code == code)
      #expect(head.errorOfHead()?.message.contains("\(http)") == true)
      #expect(head.errorOfHead()?.origin == .peer)
    }
  }

  @Test func `C2: a missing or broken HTTP status is UNKNOWN`() {
    #expect(head([Self.grpc]).errorOfHead()?.code == .unknown)
    #expect(head([(":status", "2x0"), Self.grpc]).errorOfHead()?.code == .unknown)
  }

  @Test(arguments: [100, 103, 199]) func `C2: 1xx are interim`(status: Int) {
    #expect(head([(":status", String(status))]).isInterim)
  }

  @Test(arguments: [99, 200, 404]) func `C2: others are not interim`(status: Int) {
    #expect(!head([(":status", String(status))]).isInterim)
  }

  @Test func `C2: 200 with gRPC's content-type continues, with another one it is UNKNOWN`() {
    #expect(head([(":status", "200"), Self.grpc]).errorOfHead() == nil)
    #expect(head([(":status", "200"), ("content-type", "application/grpc+proto")]).errorOfHead() == nil)
    #expect(head([(":status", "200"), ("content-type", "text/html")]).errorOfHead()?.code == .unknown)
    #expect(head([(":status", "200")]).errorOfHead()?.code == .unknown)
  }

  @Test func `C2: grpc-status takes precedence over the HTTP status`() {
    let trailers = head([(":status", "503"), ("grpc-status", "7"), ("grpc-message", "no")])
    #expect(trailers.errorOfTrailers(isTrailersOnly: true)?.code == .permissionDenied)
    #expect(head([(":status", "503"), ("grpc-status", "0")]).errorOfTrailers(isTrailersOnly: true) == nil)
  }

  @Test func `C2: trailers without a status are UNKNOWN`() {
    #expect(head([("x", "y")]).errorOfTrailers(isTrailersOnly: false)?.code == .unknown)
    #expect(head([(":status", "200"), Self.grpc]).errorOfTrailers(isTrailersOnly: true)?.code == .unknown)
  }

  @Test(arguments: Array(1...16)) func `a status is its code, with message, details and metadata`(number: Int) {
    let trailers = head([
      ("grpc-status", String(number)), ("grpc-message", "a%20b%E2%98%BA"), ("grpc-status-details-bin", "AQI"),
      ("x", "y"),
    ])
    let error = trailers.errorOfTrailers(isTrailersOnly: false)
    #expect(error?.code.rawValue == number)
    #expect(error?.message == "a b☺")
    #expect(error?.details == [1, 2])
    #expect(error?.metadata["x"] == "y")
    #expect(error?.origin == .peer)
  }

  @Test(arguments: ["", "x", "17", "99", "-1", "1.0", "0x1", " 0", "+0", "-0", "１", "99999999999999999999"])
  func `C7: a status that cannot be parsed is UNKNOWN`(text: String) {
    #expect(head([("grpc-status", text)]).errorOfTrailers(isTrailersOnly: false)?.code == .unknown)
  }

  @Test(arguments: [17, 42, 99, 100, 4_711, 4_294_967_295])
  func `C7: an undefined number is UNKNOWN and kept, with everything else`(number: Int) {
    let trailers = head([
      ("grpc-status", String(number)), ("grpc-message", "no%20tea"), ("grpc-status-details-bin", "AQI"), ("x", "y"),
    ])
    let error = trailers.errorOfTrailers(isTrailersOnly: false)
    #expect(error?.code == .unknown)
    #expect(error?.undefinedCode == number)
    #expect(error?.message == "the server sent the status \(number), which gRPC does not define: no tea")
    #expect(error?.details == [1, 2])
    #expect(error?.metadata["x"] == "y")
  }

  @Test(arguments: ["2", "16", "x", "4294967296", "-1"])
  func `a defined code, or no number, has no undefined code`(text: String) {
    #expect(head([("grpc-status", text)]).errorOfTrailers(isTrailersOnly: false)?.undefinedCode == nil)
  }

  @Test(arguments: [("%", "%"), ("%zz", "%zz"), ("%4", "%4"), ("a%ffb", "a\u{fffd}b"), ("%E2%98", "\u{fffd}")])
  func `C7: bad percent-encoding never fails`(wire: String, text: String) {
    let error = head([("grpc-status", "5"), ("grpc-message", wire)]).errorOfTrailers(isTrailersOnly: false)
    #expect(error?.code == .notFound)
    #expect(error?.message == text)
  }

  @Test func `malformed details are ignored`() {
    let error = head([("grpc-status", "5"), ("grpc-status-details-bin", "!")]).errorOfTrailers(isTrailersOnly: false)
    #expect(error?.code == .notFound)
    #expect(error?.details == nil)
  }

  @Test func `metadata is everything except HTTP's and gRPC's own fields`() {
    let head = head([
      (":status", "200"), Self.grpc, ("grpc-encoding", "gzip"), ("grpc-other", "z"), ("a", "1"), ("b-bin", "AQI="),
      ("a", "2"),
    ])
    #expect(head.metadata.map(\.key) == ["a", "b-bin", "a"])
    #expect(head.encoding == "gzip")
  }

  @Test func `a section is parsed once`() {
    let section = HeaderSection([":status": "200", "content-type": "application/grpc", "a": "b"])
    let head = ResponseHead.read(section)
    #expect(head.metadata["a"] == "b")
    #expect(ResponseHead.read(section) === head)
    #expect(ResponseHead.read(HeaderSection(section.fields)) !== head)
  }
}
