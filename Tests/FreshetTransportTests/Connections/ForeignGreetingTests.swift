// First bytes that are not HTTP/2.
import Testing

@testable import FreshetTransport

@Suite struct ForeignGreetingTests {
  @Test(arguments: [
    ("HTTP/1.1 400 Bad Request\r\nServer: x\r\n", "HTTP/1.1 400 Bad Request"),
    ("HTTP/1.0 505 \u{1b}[31mno", "HTTP/1.0 505"),
    ("HTTP/1.", "HTTP/1."),
  ])
  func `HTTP/1.1 is named, with its first line`(greeting: String, quote: String) {
    let text = ForeignGreeting.description(of: Array(greeting.utf8))
    #expect(text?.hasPrefix("it speaks HTTP/1.1, not HTTP/2 (“\(quote)") == true, "\(text ?? "")")
    #expect(text?.contains("\u{1b}") == false)
  }

  @Test(arguments: [
    "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<center>The plain HTTP request was sent to HTTPS port</center>",
    "HTTP/1.1 400 Bad Request\r\n\r\nYou're speaking plain HTTP to an SSL-enabled server port.<br />",
    "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
  ])
  func `an HTTP/1.1 answer that asks for TLS is reported as that`(greeting: String) {
    let text = ForeignGreeting.description(of: Array(greeting.utf8))
    #expect(text?.hasPrefix("it speaks TLS, according to its HTTP/1.1 answer (“HTTP/1.") == true, "\(text ?? "")")
  }

  @Test(arguments: ["<!DOCTYPE HTML>\n<p>", "SSH-2.0-x\r\n", "220 mail ESMTP\r\n"])
  func `text is not a frame, and quoted`(greeting: String) {
    let text = ForeignGreeting.description(of: Array(greeting.utf8))
    #expect(text?.hasPrefix("it does not speak HTTP/2 (“\(greeting.prefix(8))") == true, "\(text ?? "")")
    #expect(text?.contains("\n") == false)
  }

  @Test(arguments: [[0x15, 3, 1, 0, 2, 2, 70], [0x15, 3, 3], [0x16, 3, 3, 0, 100]] as [[UInt8]])
  func `TLS is named`(greeting: [UInt8]) {
    #expect(ForeignGreeting.description(of: greeting)?.contains("TLS") == true)
  }

  @Test(
    arguments: [
      [], [0x15], [0x15, 3], [0, 0, 6, 4, 0, 0, 0, 0, 0], Array("SSH-2.0-".utf8), Array("HTTP/2".utf8),
      Array("http/1.1".utf8),
    ] as [[UInt8]])
  func `anything else is left to HTTP/2`(greeting: [UInt8]) {
    #expect(ForeignGreeting.description(of: greeting) == nil)
  }
}
