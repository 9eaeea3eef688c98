// A session's life: the handshake, data both ways, and the two ways to end.
import COpenSSL
import NIOCore
import Testing
import TestSupport

@testable import FreshetTLS

@Suite struct TLSSessionTests {
  @Test(arguments: [TLSVersion.v1_2, .v1_3])
  func `a handshake agrees on the version and on h2`(version: TLSVersion) throws {
    let pair = try SessionPair(client: .testClient.versions(version, version))
    #expect(pair.client.session.version == nil)
    #expect(pair.client.session.applicationProtocol == nil)
    pair.shakeHands()
    for end in [pair.client, pair.server] {
      #expect(end.error == nil)
      #expect(end.session.state == .open)
      #expect(end.session.version == version)
      #expect(end.session.applicationProtocol == .http2)
    }
  }

  @Test func `by default both ends use TLS 1-3 and the cheapest cipher`() throws {
    let pair = try SessionPair()
    pair.shakeHands()
    #expect(pair.server.session.version == .v1_3)
    #expect(pair.server.session.cipher == "TLS_AES_128_GCM_SHA256")
    #expect(pair.server.session.wasResumed == false)
  }

  @Test func `TLS 1-2 runs with ephemeral keys and authenticated encryption`() throws {
    let pair = try SessionPair(server: .testServer.versions(.v1_2, .v1_2))
    pair.shakeHands()
    #expect(pair.client.session.cipher == "ECDHE-ECDSA-AES128-GCM-SHA256")
  }

  @Test func `a client that only has CBC ciphers is refused`() throws {
    let end = End(try TLSContext(.testServer).makeSession())
    let peer = ScriptedPeer.client(protocols: [2] + Array("h2".utf8)) { context in
      freshet_SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION)
      SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-SHA256")
    }
    pump(peer, end)
    #expect(end.error?.kind == .noCommonCipher)
    #expect(end.error?.message.hasPrefix("TLS handshake with a client: no cipher, group") == true)
    #expect(ScriptedPeer.plainAlert(in: end.sent) == TLSAlert.handshakeFailure.rawValue)
  }

  /// Finite fields take a server 121 ms, and P-521 is not needed.
  @Test(arguments: ["ffdhe2048", "ffdhe3072", "ffdhe8192", "P-521", "X448"], [TLS1_2_VERSION, TLS1_3_VERSION])
  func `a group other than X25519, P-256 and P-384 is refused`(group: String, version: Int32) throws {
    let end = End(try TLSContext(.testServer).makeSession())
    let peer = ScriptedPeer.client(protocols: [2] + Array("h2".utf8)) { context in
      freshet_SSL_CTX_set_max_proto_version(context, version)
      #expect(freshet_SSL_CTX_set1_groups_list(context, group) == 1)
    }
    pump(peer, end)
    #expect(end.session.state != .open)
    // A client with only finite fields has no cipher of TLS 1.2 to offer, and gives up by itself.
    if end.error != nil || version == TLS1_3_VERSION { #expect(end.error?.kind == .noCommonCipher) }
  }

  @Test(arguments: ["X25519", "P-256", "P-384"], [TLS1_2_VERSION, TLS1_3_VERSION])
  func `each of X25519, P-256 and P-384 is accepted`(group: String, version: Int32) throws {
    let end = End(try TLSContext(.testServer).makeSession())
    let peer = ScriptedPeer.client(protocols: [2] + Array("h2".utf8)) { context in
      freshet_SSL_CTX_set_max_proto_version(context, version)
      // The certificate's own curve must be among them in TLS 1.2.
      #expect(freshet_SSL_CTX_set1_groups_list(context, group == "P-256" ? group : "\(group):P-256") == 1)
    }
    pump(peer, end)
    #expect(end.error == nil && end.session.state == .open)
  }

  @Test func `a client offers no finite fields either`() throws {
    let end = End(try TLSContext(.testClient).makeSession(serverName: "localhost"))
    let peer = ScriptedPeer.server(identity: Certificates.server) { context in
      #expect(freshet_SSL_CTX_set1_groups_list(context, "ffdhe2048") == 1)
    }
    end.start()
    pump(peer, end)
    #expect(end.error?.kind == .alert(.handshakeFailure))
  }

  @Test func `a server's handshake may compute from the first byte of a record on, until it is over`() throws {
    let pair = try SessionPair()
    let record: UInt8 = 22, text = UInt8(ascii: "G")
    #expect(pair.server.session.mayCompute(on: record) && !pair.server.session.mayCompute(on: text))
    #expect(!pair.client.session.mayCompute(on: record))
    pair.client.start()
    var hello = pair.client.takeOutput()
    let first = hello.readSlice(length: 1)
    pair.server.receive(try #require(first))
    #expect(pair.server.session.mayCompute(on: text))  // which may be any byte within a record
    #expect(!pair.server.session.hasAnswered)
    pair.server.receive(hello)
    #expect(pair.server.session.hasAnswered)
    pair.pump()
    #expect(pair.server.session.state == .open && !pair.server.session.mayCompute(on: record))
  }

  @Test func `messages other than data are counted, answered or not`() throws {
    let end = End(try TLSContext(.testServer).makeSession())
    let peer = ScriptedPeer.client(protocols: [2] + Array("h2".utf8))
    pump(peer, end)
    #expect(end.session.takeSideMessages() == 0)
    for kind in [SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_NOT_REQUESTED] {
      SSL_key_update(peer.session, kind)
      peer.shakeHands()
    }
    peer.write([1])
    end.receive(peer.takeOutput())
    #expect(end.session.takeSideMessages() == 3)
    #expect(end.session.takeSideMessages() == 0)
    #expect(end.received == [1])
  }

  @Test func `a client counts the tickets of its server`() throws {
    let pair = try SessionPair()
    pair.shakeHands()
    #expect(pair.client.session.takeSideMessages() == 2)
  }

  @Test func `the client sees the server's certificate and the server none of the client`() throws {
    let pair = try SessionPair()
    pair.shakeHands()
    let certificate = try #require(pair.client.session.peerCertificateDER)
    #expect(certificate.starts(with: [0x30, 0x82]))
    #expect(pair.server.session.peerCertificateDER == nil)
  }

  @Test(arguments: [TLSVersion.v1_2, .v1_3])
  func `a megabyte each way arrives unchanged`(version: TLSVersion) throws {
    let pair = try SessionPair(client: .testClient.versions(version, version))
    pair.shakeHands()
    let request = pattern(count: 1 << 20, seed: 1)
    let response = pattern(count: 1 << 20, seed: 2)
    try pair.client.session.seal(request)
    try pair.server.session.seal(response)
    pair.pump()
    #expect(pair.server.received == request)
    #expect(pair.client.received == response)
  }

  @Test(arguments: [1, 3, 1000])
  func `bytes may arrive in pieces of any size`(chunkBytes: Int) throws {
    let pair = try SessionPair(chunkBytes: chunkBytes)
    pair.shakeHands()
    #expect(pair.client.error == nil && pair.client.session.state == .open)
    #expect(pair.server.error == nil && pair.server.session.state == .open)
    let content = pattern(count: 40_000, seed: 3)
    try pair.client.session.seal(content)
    try pair.server.session.seal(content)
    pair.pump()
    #expect(pair.server.received == content)
    #expect(pair.client.received == content)
  }

  @Test func `data that arrives with the client's last handshake message is decrypted with it`() throws {
    let pair = try SessionPair()
    pair.client.start()
    pair.server.receive(pair.client.takeOutput())
    pair.client.receive(pair.server.takeOutput())
    #expect(pair.client.session.state == .open)
    try pair.client.session.seal(Array("early".utf8))
    pair.server.receive(pair.client.takeOutput())
    #expect(pair.server.session.state == .open)
    #expect(pair.server.received == Array("early".utf8))
  }

  @Test func `data is sealed in full records of 16 KiB`() throws {
    let pair = try SessionPair()
    pair.shakeHands()
    try pair.client.session.seal(pattern(count: 40_000, seed: 4))
    var output = pair.client.takeOutput()
    var lengths: [Int] = []
    while let head = output.readBytes(length: 5) {
      lengths.append(Int(head[3]) << 8 | Int(head[4]))
      output.moveReaderIndex(forwardBy: lengths[lengths.count - 1])
    }
    // 16384 + 16384 + 7232 bytes, each with its content type and a tag of 16 bytes (RFC 8446 section 5.2)
    #expect(lengths == [16_384 + 17, 16_384 + 17, 7_232 + 17])
  }

  @Test func `sealing nothing sends nothing`() throws {
    let pair = try SessionPair()
    pair.shakeHands()
    try pair.client.session.seal([])
    #expect(pair.client.session.hasOutput == false)
  }

  @Test func `output is appended to a non-empty buffer`() throws {
    let pair = try SessionPair()
    pair.client.start()
    var buffer = ByteBuffer(string: "before")
    pair.client.session.takeOutput(into: &buffer)
    #expect(buffer.readString(length: 6) == "before")
    #expect(buffer.readableBytes > 100)
    #expect(pair.client.session.hasOutput == false)
  }

  @Test func `sealing before the handshake is complete is refused`() throws {
    let pair = try SessionPair()
    let error = #expect(throws: TLSError.self) { try pair.client.session.seal([1]) }
    #expect(error?.kind == .notOpen)
    #expect(error?.message == "TLS handshake with server \"localhost\": cannot seal, the session is handshaking")
  }

  @Test func `close notifies the peer, seals nothing more and drops further input`() throws {
    let pair = try SessionPair()
    pair.shakeHands()
    try pair.server.session.seal(Array("crossing".utf8))
    pair.client.session.close()
    #expect(pair.client.session.state == .closed)
    #expect(throws: TLSError.self) { try pair.client.session.seal([1]) }
    pair.pump()
    #expect(pair.server.session.isPeerClosed)
    #expect(pair.server.error == nil)
    #expect(pair.client.received.isEmpty)
    #expect(pair.client.error == nil)
    try pair.server.session.receiveEnd()
  }

  @Test func `data sealed before close arrives before it`() throws {
    let pair = try SessionPair()
    pair.shakeHands()
    try pair.client.session.seal(Array("last words".utf8))
    pair.client.session.close()
    pair.client.session.close()
    pair.pump()
    #expect(pair.server.received == Array("last words".utf8))
    #expect(pair.server.session.isPeerClosed)
  }

  @Test func `after the peer's close_notify this side can still send and close`() throws {
    let pair = try SessionPair()
    pair.shakeHands()
    pair.client.session.close()
    pair.server.receive(pair.client.takeOutput())
    #expect(pair.server.session.state == .open)
    try pair.server.session.seal([1, 2, 3])
    pair.server.session.close()
    #expect(pair.server.session.hasOutput)
  }

  @Test func `an end without close_notify is a truncation`() throws {
    let pair = try SessionPair()
    pair.shakeHands()
    #expect(pair.server.session.isPeerClosed == false)
    let error = #expect(throws: TLSError.self) { try pair.server.session.receiveEnd() }
    #expect(error?.kind == .truncated)
    #expect(error?.message == "TLS connection with a client: the peer's bytes ended without close_notify")
    #expect(pair.server.session.state == .closed)
    try pair.server.session.receiveEnd()
  }

  @Test func `an end during the handshake is reported as such`() throws {
    let pair = try SessionPair()
    pair.client.start()
    let error = #expect(throws: TLSError.self) { try pair.client.session.receiveEnd() }
    #expect(
      error?.message
        == "TLS handshake with server \"localhost\": the peer closed the connection before the handshake was complete")
  }

  @Test func `a peer that closes during the handshake is distinguished from one that breaks it`() throws {
    let pair = try SessionPair()
    pair.client.start()
    pair.client.receive(ByteBuffer(bytes: [21, 3, 3, 0, 2, 1, 0]))  // a close_notify in a plain record
    #expect(pair.client.session.state == .closed)
    #expect(
      pair.client.error?.message == """
        TLS handshake with server "localhost": the peer closed by close_notify before the handshake was complete
        """)
  }

  @Test func `a close during the handshake sends nothing`() throws {
    let pair = try SessionPair()
    pair.server.session.close()
    #expect(pair.server.session.state == .closed)
    #expect(pair.server.session.hasOutput == false)
  }

  @Test func `a damaged record is rejected, and earlier data is kept`() throws {
    let pair = try SessionPair()
    pair.shakeHands()
    try pair.client.session.seal(Array("good".utf8))
    var bytes = pair.client.takeOutput()
    try pair.client.session.seal(Array("bad".utf8))
    var record = Array(pair.client.takeOutput().readableBytesView)
    record[record.count - 1] ^= 1
    bytes.writeBytes(record)
    pair.server.receive(bytes)
    #expect(pair.server.received == Array("good".utf8))
    #expect(
      pair.server.error?.message
        == "TLS connection with a client: the peer broke the protocol: decryption failed or bad record mac")
    #expect(pair.server.session.state == .closed)
    pair.client.receive(pair.server.takeOutput())
    #expect(pair.client.error?.kind == .alert(TLSAlert(rawValue: 20)))
    #expect(
      pair.client.error?.message
        == "TLS connection with server \"localhost\": the peer gave up with the alert bad_record_mac")
  }

  @Test func `a renegotiation is refused and the connection continues`() throws {
    let end = End(try TLSContext(.testServer).makeSession())
    let peer = ScriptedPeer.client(protocols: [2] + Array("h2".utf8)) { context in
      freshet_SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION)
    }
    pump(peer, end)
    #expect(end.session.state == .open)
    SSL_renegotiate(peer.session)
    peer.shakeHands()
    end.receive(peer.takeOutput())
    #expect(end.error == nil)
    // the warning alert no_renegotiation, encrypted: a record of type 21 and no ServerHello (type 22)
    #expect(end.takeOutput().readableBytesView.first == 21)
  }

  @Test func `a server answers a peer's key update and continues`() throws {
    let end = End(try TLSContext(.testServer).makeSession())
    let peer = ScriptedPeer.client(protocols: [2] + Array("h2".utf8))
    pump(peer, end)
    SSL_key_update(peer.session, SSL_KEY_UPDATE_REQUESTED)
    peer.write(Array("after".utf8))
    end.receive(peer.takeOutput())
    try end.session.seal(Array("answer".utf8))
    peer.receive(end.takeOutput())
    #expect(end.received == Array("after".utf8))
    #expect(peer.read() == Array("answer".utf8))
  }

  @Test(arguments: [1, 100, 100_000])
  func `a flood of key updates ends the session`(chunkBytes: Int) throws {
    let end = End(try TLSContext(.testServer).makeSession())
    let peer = ScriptedPeer.client(protocols: [2] + Array("h2".utf8))
    pump(peer, end)
    var flood = keyUpdates(1000, from: peer)
    while let piece = flood.readSlice(length: min(chunkBytes, flood.readableBytes)), piece.readableBytes > 0 {
      end.receive(piece)
      _ = end.takeOutput()
    }
    #expect(end.session.state == .closed)
    #expect(
      end.error?.message.hasPrefix(
        "TLS connection with a client: the peer broke the protocol: a flood of key updates or renegotiations, ")
        == true)
  }

  @Test func `key updates with data in between are unlimited`() throws {
    let end = End(try TLSContext(.testServer).makeSession())
    let peer = ScriptedPeer.client(protocols: [2] + Array("h2".utf8))
    pump(peer, end)
    for _ in 0..<20 {
      var bytes = keyUpdates(20, from: peer)
      peer.write([1])
      bytes.writeImmutableBuffer(peer.takeOutput())
      end.receive(bytes)
      _ = end.takeOutput()
    }
    #expect(end.error == nil)
    #expect(end.received.count == 20)
  }

  private func keyUpdates(_ count: Int, from peer: ScriptedPeer) -> ByteBuffer {
    for _ in 0..<count {
      SSL_key_update(peer.session, SSL_KEY_UPDATE_REQUESTED)
      peer.shakeHands()
    }
    return peer.takeOutput()
  }

  @Test func `a client with a ticket resumes, even with mutual TLS`() throws {
    let context = try TLSContext(
      .server(identity: Certificates.server.identity, clientCertificates: .request(.authority(Certificates.authority))))
    var ticket: OpaquePointer?
    for isResumption in [false, true] {
      let end = End(try context.makeSession())
      let peer = ScriptedPeer.client(protocols: [2] + Array("h2".utf8))
      if let ticket { SSL_set_session(peer.session, ticket) }
      pump(peer, end)
      peer.read()
      #expect(end.error == nil)
      #expect(end.session.wasResumed == isResumption)
      SSL_SESSION_free(ticket)
      ticket = SSL_get1_session(peer.session)
      SSL_shutdown(peer.session)  // a session that is freed without it cannot be resumed
    }
    SSL_SESSION_free(ticket)
  }

  private func pattern(count: Int, seed: UInt32) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 24)
    }
  }
}
