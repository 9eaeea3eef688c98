// Sessions leave nothing behind.
import COpenSSL
import NIOCore
import Synchronization
import Testing
import TestSupport

@testable import FreshetTLS

@Suite struct SessionWireTests {
  @Test func `every session is freed with its OpenSSL object, in any state`() throws {
    let before = Freed.count.load(ordering: .relaxed)
    let server = try TLSContext(.testServer)
    let client = try TLSContext(.testClient)
    for index in 0..<300 {
      let pair = SessionPair(
        client: End(try client.makeSession(serverName: index % 3 == 0 ? "wrong.test" : "localhost")),
        server: End(try server.makeSession()))
      Freed.watch(pair.client.session)
      Freed.watch(pair.server.session)
      if index % 5 != 0 { pair.shakeHands() }
      if index % 7 == 0 { pair.server.receive(ByteBuffer(string: "GET / HTTP/1.1\r\n")) }
      if index % 2 == 0 { pair.client.session.close() }
      pair.pump()
    }
    #expect(Freed.count.load(ordering: .relaxed) - before == 600)
  }

  @Test func `a session outlives its context`() throws {
    let pair = try SessionPair()  // its contexts are not retained
    pair.shakeHands()
    #expect(pair.client.session.state == .open)
  }

  @Test func `an idle session keeps no output`() throws {
    let pair = try SessionPair()
    pair.shakeHands()
    try pair.client.session.seal([UInt8](repeating: 1, count: 100_000))
    #expect(pair.client.takeOutput().readableBytes > 100_000)
    #expect(pair.client.session.hasOutput == false)
    var output = ByteBuffer()
    pair.client.session.takeOutput(into: &output)
    #expect(output.capacity == 0)
  }
}

/// Counts this suite's OpenSSL sessions that were freed, by a slot that OpenSSL clears when it frees one.
private enum Freed {
  static let count = Atomic<Int>(0)

  private static let slot = CRYPTO_get_ex_new_index(
    CRYPTO_EX_INDEX_SSL, 0, nil, nil, nil,
    { _, mark, _, _, _, _ in
      if mark != nil { Freed.count.add(1, ordering: .relaxed) }
    })

  static func watch(_ session: TLSSession) {
    SSL_set_ex_data(session.handle, slot, UnsafeMutableRawPointer(bitPattern: 1))
  }
}
