// W30: Accept-Encoding and Content-Encoding.
import FreshetCore
import FreshetHTTP
import FreshetWeb
import Testing

@Suite("AcceptedEncodings")
struct AcceptedEncodingsTests {
  @Test(
    arguments: [
      ("gzip", true), ("br, gzip", true), ("GZip", true), ("gzip;q=0.1", true), ("gzip ; q=1.000 , br", true),
      ("*", true),
      ("br;q=1, *;q=0.5", true), ("", false), ("br", false), ("gzip;q=0", false), ("gzip;Q=0.000", false),
      ("*, gzip;q=0", false), ("gzip;q=0, gzip", false), ("*;q=0", false), ("xgzip, gzipx", false), ("identity", false),
      (",, ,", false), ("gzip;q", true), ("gzip;level=0", true),
    ])
  func `W30: weights only exclude`(value: String, accepts: Bool) {
    #expect(AcceptedEncodings([value]).accepts("gzip") == accepts)
  }

  @Test func `W30: several fields are one list`() {
    let fields: HeaderFields = ["accept-encoding": "br", "x": "gzip", "accept-encoding": "deflate,gzip;q=0"]
    let accepted = AcceptedEncodings(fields, in: "accept-encoding")
    #expect(accepted.accepts("br") && accepted.accepts("deflate") && !accepted.accepts("gzip"))
  }

  @Test func `W30: without a list the request's encoding may be used, and with one that counts`() {
    #expect(AcceptedEncodings([]).accepts("gzip", requestEncoding: "gzip"))
    #expect(!AcceptedEncodings([]).accepts("gzip", requestEncoding: nil))
    #expect(!AcceptedEncodings(["br"]).accepts("gzip", requestEncoding: "gzip"))
    #expect(AcceptedEncodings(["br"]).accepts("br", requestEncoding: "gzip"))
    #expect(!AcceptedEncodings(["gzip;q=0"]).accepts("gzip", requestEncoding: "gzip"))
  }

  @Test func `W30: a body has one encoding that is known, or none`() throws {
    let registry = CompressionRegistry.standard
    for fields: HeaderFields in [[:], ["content-encoding": ""], ["content-encoding": "Identity"]] {
      #expect(try registry.compression(of: fields, in: "content-encoding") == nil)
    }
    #expect(try registry.compression(of: ["content-encoding": "GZIP"], in: "content-encoding")?.name == "gzip")
    for (value, name) in [("foo", "foo"), ("gzip, deflate", "gzip,deflate"), ("gzip, identity", "gzip,identity")] {
      #expect(throws: WebFault.compression(name, supported: "identity,deflate,gzip")) {
        try registry.compression(of: ["content-encoding": value], in: "content-encoding")
      }
    }
  }
}
