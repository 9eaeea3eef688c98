// Host names in authorities.
import FreshetCore
import Testing

@testable import FreshetClient

@Suite struct AuthorityEncodingTests {
  @Test(arguments: ["localhost", "a-b.example", "A_b~c", "a!$&'()*+,;=b", "10.0.0.1", ""])
  func `R2: valid characters are kept`(host: String) { #expect(AuthorityEncoding.encode(host) == host) }

  @Test(arguments: [
    ("ä", "%C3%A4"), ("a b", "a%20b"), ("a%b", "a%25b"), ("a/b?c#d", "a%2Fb%3Fc%23d"), ("u@h", "u%40h"),
    ("a:b", "a%3Ab"),
    ("[x]", "%5Bx%5D"), ("\r\n", "%0D%0A"), ("\u{0}", "%00"),
  ])
  func `R2: everything else is percent-encoded, and then valid`(host: String, encoded: String) {
    #expect(AuthorityEncoding.encode(host) == encoded)
    #expect(FieldText.isAuthority(encoded))
  }
}
