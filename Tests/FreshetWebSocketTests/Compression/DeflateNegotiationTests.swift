// Agreeing on permessage-deflate (W76, W78).
import NIOCore
import Testing

@testable import FreshetWebSocket

@Suite struct DeflateNegotiationTests {
  private func answer(_ offers: String, _ options: DeflateOptions = DeflateOptions(windowBits: 15)) -> String? {
    ExtensionOffer.all(in: [offers]).flatMap { DeflateNegotiation.answer($0, options)?.answer }
  }

  @Test(
    arguments: [
      ("permessage-deflate", "permessage-deflate"),
      ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
      ("permessage-deflate; client_max_window_bits=10", "permessage-deflate; client_max_window_bits=10"),
      ("permessage-deflate; client_max_window_bits=8", "permessage-deflate; client_max_window_bits=8"),
      ("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"),
      ("permessage-deflate; server_max_window_bits=\"10\"", "permessage-deflate; server_max_window_bits=10"),
      ("permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=15"),
      ("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
      ("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"),
      ("Permessage-Deflate;CLIENT_MAX_WINDOW_BITS", "permessage-deflate"),
      ("x-webkit-deflate-frame, permessage-deflate", "permessage-deflate"),
      // An offer that cannot be accepted is skipped.
      ("permessage-deflate; server_max_window_bits=8, permessage-deflate", "permessage-deflate"),
      (
        "permessage-deflate; unknown, permessage-deflate; server_max_window_bits=9",
        "permessage-deflate; server_max_window_bits=9"
      ),
    ])
  func `the first offer that can be accepted is answered`(_ offers: String, _ expected: String) {
    #expect(answer(offers) == expected)
  }

  @Test(
    arguments: [
      "permessage-bzip2", "permessage-deflate; server_max_window_bits=8", "permessage-deflate; unknown",
      "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
      "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=true",
      "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=7",
      "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=010",
      "permessage-deflate; server_max_window_bits=+9", "permessage-deflate; client_max_window_bits=0",
      "permessage-deflate; client_max_window_bits=9; client_max_window_bits=9",
    ])
  func `an offer with an unknown, repeated or bad parameter is declined`(_ offers: String) {
    #expect(answer(offers) == nil)
  }

  @Test(arguments: [
    ";", "permessage-deflate; a=\"b", "permessage deflate", "permessage-deflate; =1", "a;;b", ",a", "a; b=\"c d\"",
  ])
  func `what is not a list of extensions is malformed`(_ text: String) {
    #expect(ExtensionOffer.all(in: [text]) == nil)
  }

  @Test func `the server's options limit both windows, and drop contexts`() {
    let options = DeflateOptions(windowBits: 11, contextTakeover: false)
    let offers = ExtensionOffer.all(in: ["permessage-deflate; client_max_window_bits"]) ?? []
    let answer = DeflateNegotiation.answer(offers, options)
    #expect(
      answer?.answer
        == "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        + "server_max_window_bits=11; client_max_window_bits=11")
    #expect(answer?.parameters.serverTakesContextOver == false)
    #expect(answer?.parameters.clientWindowBits == 11)
    // A client that does not offer it uses the whole window.
    #expect(
      DeflateNegotiation.answer([ExtensionOffer(name: "permessage-deflate")], options)?.parameters.clientWindowBits
        == 15)
  }

  @Test func `our client's offers are understood by our server, for all options`() throws {
    for clientBits in 9...15 {
      for serverBits in 9...15 {
        for takeover in [true, false] {
          let client = DeflateOptions(windowBits: clientBits, contextTakeover: takeover)
          let server = DeflateOptions(windowBits: serverBits, contextTakeover: !takeover)
          let offers = try #require(ExtensionOffer.all(in: [DeflateNegotiation.offer(client)]))
          let answer = try #require(DeflateNegotiation.answer(offers, server))
          let answered = try #require(ExtensionOffer.all(in: [answer.answer]))
          let agreed = try DeflateNegotiation.accept(answered[0], client)
          #expect(agreed == answer.parameters)
          #expect(agreed.serverWindowBits == min(clientBits, serverBits))
          #expect(agreed.clientWindowBits == min(clientBits, serverBits))
        }
      }
    }
  }

  @Test(
    arguments: [
      "permessage-deflate; unknown", "permessage-deflate; client_max_window_bits",
      "permessage-deflate; server_max_window_bits=7",
      "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
      "permessage-deflate; server_no_context_takeover=0", "other",
    ])
  func `an answer with an unknown, repeated or bad parameter fails`(_ text: String) throws {
    let answer = try #require(ExtensionOffer.all(in: [text])?.first)
    let error = #expect(throws: WebSocketError.self) { try DeflateNegotiation.accept(answer, DeflateOptions()) }
    #expect(error?.kind == .opening)
  }

  @Test func `an answer must drop the context if the offer demanded it`() throws {
    let options = DeflateOptions(contextTakeover: false)
    #expect(throws: WebSocketError.self) {
      try DeflateNegotiation.accept(ExtensionOffer(name: "permessage-deflate"), options)
    }
  }

  @Test func `a client that may keep no window that zlib can keep sends messages as they are (W78)`() throws {
    let answer = try #require(ExtensionOffer.all(in: ["permessage-deflate; client_max_window_bits=8"])?.first)
    let agreed = try DeflateNegotiation.accept(answer, DeflateOptions())
    var session = WebSocketSession(role: .client, deflate: agreed)
    try session.send(ByteBuffer(string: "Hello"), as: .text)
    #expect(session.outputBytes == 2 + 4 + 5)
  }

  @Test func `options out of their range are refused with their name`() {
    for options in [
      DeflateOptions(windowBits: 8), DeflateOptions(windowBits: 16), DeflateOptions(minimumBytes: -1),
    ] {
      #expect(throws: WebSocketError.self) { try options.validate() }
    }
  }
}
