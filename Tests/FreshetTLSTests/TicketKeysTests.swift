// Session ticket keys: how long they seal, how long they open, and when they are dropped.
import COpenSSL
import NIOCore
import TestSupport
import Testing

@testable import FreshetTLS

@Suite struct TicketKeysTests {
  private let lifetime = Duration.seconds(100)

  private func name(_ found: TicketKeys.Found) -> String {
    switch found {
    case .current: "current"
    case .older: "older"
    case .none: "none"
    }
  }

  @Test func `a key seals for half of a ticket's life, and opens until its last ticket has expired`() {
    var keys = TicketKeys(lifetime: lifetime)
    let first = keys.sealing(now: .seconds(10))
    #expect(keys.sealing(now: .seconds(59)) === first)
    #expect(name(keys.opening(first.name, now: .seconds(59))) == "current")
    let second = keys.sealing(now: .seconds(60))
    #expect(second !== first && second.name != first.name)
    #expect(name(keys.opening(first.name, now: .seconds(60))) == "older")
    #expect(name(keys.opening(second.name, now: .seconds(60))) == "current")
    #expect(name(keys.opening(first.name, now: .seconds(159))) == "older")
    #expect(name(keys.opening(first.name, now: .seconds(160))) == "none")
  }

  @Test func `there are at most four keys`() {
    var keys = TicketKeys(lifetime: lifetime)
    for second in 0..<10_000 {
      _ = keys.sealing(now: .seconds(second))
      #expect(keys.keys.count <= 4)
    }
  }

  @Test func `an unknown name opens nothing`() {
    var keys = TicketKeys(lifetime: lifetime)
    #expect(name(keys.opening([UInt8](repeating: 0, count: 16), now: .zero)) == "none")
    _ = keys.sealing(now: .zero)
    #expect(name(keys.opening([UInt8](repeating: 0, count: 16), now: .zero)) == "none")
  }

  /// The ticket of a first session, and whether a second one with it was resumed.
  private func resumes(
    _ first: TLSContext, _ second: TLSContext, _ version: Int32 = TLS1_3_VERSION
  ) throws -> (isResumable: Bool, isResumed: Bool, lifetime: Int) {
    var ticket: OpaquePointer?
    defer { SSL_SESSION_free(ticket) }
    var outcome = (isResumable: false, isResumed: false, lifetime: 0)
    for context in [first, second] {
      let end = End(try context.makeSession())
      let peer = ScriptedPeer.client(protocols: [2] + Array("h2".utf8)) { context in
        freshet_SSL_CTX_set_max_proto_version(context, version)
      }
      if let ticket { SSL_set_session(peer.session, ticket) }
      pump(peer, end)
      peer.read()
      #expect(end.error == nil)
      outcome.isResumed = end.session.wasResumed
      if ticket == nil {
        ticket = SSL_get1_session(peer.session)
        outcome.isResumable = SSL_SESSION_is_resumable(ticket) == 1
        outcome.lifetime = Int(SSL_SESSION_get_ticket_lifetime_hint(ticket))
      }
      SSL_shutdown(peer.session)
    }
    return outcome
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func `a client learns how long its ticket lasts`(version: Int32) throws {
    let context = try TLSContext(.server(identity: Certificates.server.identity, ticketLifetime: .seconds(3600)))
    #expect(try resumes(context, context, version) == (true, true, 3600))
    let standard = try TLSContext(.testServer)
    #expect(try resumes(standard, standard, version).lifetime == 12 * 3600)
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func `a lifetime of zero issues no tickets`(version: Int32) throws {
    let context = try TLSContext(.server(identity: Certificates.server.identity, ticketLifetime: .zero))
    let outcome = try resumes(context, context, version)
    #expect(outcome.isResumable == false && outcome.isResumed == false)
  }

  @Test func `another context's ticket leads to a full handshake`() throws {
    let outcome = try resumes(TLSContext(.testServer), TLSContext(.testServer))
    #expect(outcome.isResumable && !outcome.isResumed)
  }

  @Test(arguments: [Duration.seconds(-1), .seconds(7 * 24 * 3600 + 1)])
  func `a lifetime out of range is rejected`(lifetime: Duration) {
    let error = #expect(throws: TLSError.self) {
      try TLSContext(.server(identity: Certificates.server.identity, ticketLifetime: lifetime))
    }
    #expect(error?.message.hasPrefix("TLS configuration: ticketLifetime: is ") == true)
    #expect(error?.message.hasSuffix("must be 0 to 7 days") == true)
  }
}
