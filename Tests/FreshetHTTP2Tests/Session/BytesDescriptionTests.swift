// What the first bytes of a connection look like to a person.
import FreshetHTTP
import Testing

@testable import FreshetHTTP2

@Suite struct BytesDescriptionTests {
  @Test(
    arguments: [
      ([], "nothing"),
      ([0x16, 0x03, 0x01, 0x00], "a TLS handshake on a plaintext port"),
      ([0x16], "bytes 16"),
      ([0x16, 0x03], "bytes 16 03"),
      (Array("GET / HTTP/1.1\r\nHost: x".utf8), "an HTTP/1 request: “GET / HTTP/1.1”"),
      (Array("GET /a?token=hunter2 HTTP/1.1\r\n".utf8), "an HTTP/1 request: “GET /a?…”"),
      (
        Array("HEAD /health".utf8) + Array(repeating: 0x61, count: 100),
        "an HTTP/1 request: “HEAD /health\(String(repeating: "a", count: 52))”"
      ),
      (Array("OPTIONS * HTTP/1.1\r\n".utf8), "an HTTP/1 request: “OPTIONS * HTTP/1.1”"),
      (
        Array("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n".utf8),
        "a PROXY protocol v1 header, which is not supported: the load balancer must not send it"
      ),
      (
        Array("\r\n\r\n\0\r\nQUIT\n".utf8) + [0x21, 0x11, 0x00, 0x0c],
        "a PROXY protocol v2 header, which is not supported: the load balancer must not send it"
      ),
      ([0, 0, 0, 4, 0, 0, 0, 0, 0], "an HTTP/2 SETTINGS frame without the preface before it"),
      (Array("hello".utf8), "“hello”"),
      ([0x0d, 0x0a, 0x41], "bytes 0d 0a 41"),
      (Array(repeating: 0, count: 100), "bytes " + Array(repeating: "00", count: 16).joined(separator: " ")),
    ] as [([UInt8], String)])
  func `bytes are described as what they are likely to be`(bytes: [UInt8], expected: String) {
    #expect(bytes.withUnsafeBytes { BytesDescription.of($0) } == expected)
  }

  @Test func `a long text is truncated`() {
    let text = Array(repeating: UInt8(ascii: "a"), count: 10_000)
    #expect(text.withUnsafeBytes { BytesDescription.of($0) }.utf8.count < 100)
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\n", HTTP2Error.Kind.http1Request), ("SSH-2.0-x", .badPreface), ("", .badPreface),
  ])
  func `an HTTP/1 request has its own kind`(text: String, kind: HTTP2Error.Kind) {
    #expect(Array(text.utf8).withUnsafeBytes { BytesDescription.error($0) }.kind == kind)
  }

  @Test func `no bytes at all are nothing`() { #expect(BytesDescription.of(nil) == "nothing") }
}
