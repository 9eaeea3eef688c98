// Valid texts in the fields of gRPC and HTTP/2.
import FreshetCore
import Testing

@Suite("FieldText")
struct FieldTextTests {
  @Test(arguments: ["/", "/a.B/C", "/a/b?c=%20~"])
  func `A path begins with a slash and is visible ASCII`(text: String) { #expect(FieldText.isPath(text)) }

  @Test(arguments: ["", "a/b", " /a", "/a ", "/a\tb", "/a\nb", "/ä", "/\u{7F}", "/\u{0}"])
  func `Nothing else is a path`(text: String) { #expect(!FieldText.isPath(text)) }

  @Test(arguments: ["gzip", "x-snappy_2.0", "proto", "a+b", "vnd.x~1"])
  func `A token is lower case without separators`(text: String) { #expect(FieldText.isToken(text)) }

  @Test(arguments: ["", "GZIP", "a b", "a,b", "a;q=1", "a\n", "ä", "\"a\"", "a/b"])
  func `Nothing else is a token`(text: String) { #expect(!FieldText.isToken(text)) }

  @Test(
    arguments: ["localhost", "a.example:443", "[::1]:50051", "10.0.0.1", "A-b_c~d", "%2Frun%2Fx.sock"])
  func `An authority consists of RFC 3986's characters`(text: String) { #expect(FieldText.isAuthority(text)) }

  @Test(
    arguments: [
      "", "a b", "a/b", "a\r\nx: y", "ä.example", "a?b", "a#b", "a\\b", "\u{10}", "[fe80::1%eth0]:80",
      "[fe80::1%25eth0]",
    ])
  func `Nothing else is an authority`(text: String) { #expect(!FieldText.isAuthority(text)) }
}
