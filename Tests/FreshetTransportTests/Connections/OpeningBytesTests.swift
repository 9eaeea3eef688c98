// Detection of a protocol by a client's first bytes.
import FreshetTLS
import Testing

@testable import FreshetTransport

@Suite struct OpeningBytesTests {
  private func reading(_ text: String) -> OpeningBytes { Array(text.utf8).withUnsafeBytes { OpeningBytes($0) } }

  @Test func `W2: three bytes of the preface decide, and fewer do not`() {
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    for count in 0...preface.utf8.count {
      #expect(reading(String(preface.prefix(count))) == (count < 3 ? .undecided : .speaks(.http2)), "\(count) bytes")
    }
  }

  @Test(arguments: [
    "GET", "HEAD", "POST", "PUT", "PATCH", "PROPFIND", "PROPPATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PURGE",
    "pri", "Pri", "X",
  ])
  func `W2: other methods differ from the preface at the first differing byte`(method: String) {
    let request = "\(method) / HTTP/1.1\r\n"
    let shared = zip(request, "PRI").prefix { $0 == $1 }.count
    for count in 1...request.count {
      #expect(reading(String(request.prefix(count))) == (count <= shared ? .undecided : .speaks(.http1)))
    }
  }

  @Test func `W2: a TLS handshake is recognised by its first byte`() {
    #expect([0x16].withUnsafeBytes { OpeningBytes($0) } == .tls)
    #expect(reading("\u{16}\u{3}\u{1}") == .tls)
  }

  @Test func `unknown bytes are left to HTTP/1.1 to refuse`() {
    for byte in UInt8.min...UInt8.max where byte != 0x16 && byte != UInt8(ascii: "P") {
      #expect([byte].withUnsafeBytes { OpeningBytes($0) } == .speaks(.http1), "\(byte)")
    }
  }
}
