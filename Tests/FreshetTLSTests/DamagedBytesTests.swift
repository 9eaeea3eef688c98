// Random damage on the wire: both ends reach a defined state, and neither crashes.
import NIOCore
import TestSupport
import Testing

@testable import FreshetTLS

@Suite struct DamagedBytesTests {
  /// To repeat one, put only its seed here.
  static let seeds: [UInt64] = Array(1...300)

  @Test(arguments: seeds)
  func `after a flipped bit no end is open without agreeing with the other`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let pair = try SessionPair()
    pair.client.start()
    // A handshake has about 1500 bytes; some flips come after it.
    var untilDamage = Int(random.next() % 2500)
    var rounds = 0
    while pair.client.session.hasOutput || pair.server.session.hasOutput, rounds < 20 {
      rounds += 1
      pair.server.receive(damaged(pair.client.takeOutput(), &untilDamage, &random))
      pair.client.receive(damaged(pair.server.takeOutput(), &untilDamage, &random))
    }
    try exchange(pair, &untilDamage, &random)
    let isDamaged = untilDamage < 0
    let hasFailed = pair.client.error != nil || pair.server.error != nil
    let isWaiting = pair.client.session.state == .handshaking || pair.server.session.state == .handshaking
    let isComplete = pair.server.received.count == 2000 && pair.client.received.count == 2000
    // Without damage all is well; with damage one end has noticed, or still waits for a lengthened record.
    #expect(isDamaged || !hasFailed && !isWaiting && isComplete, "seed \(seed)")
    #expect(!isDamaged || hasFailed || isWaiting || !isComplete, "seed \(seed)")
  }

  private func exchange(_ pair: SessionPair, _ untilDamage: inout Int, _ random: inout SeededRandom) throws {
    guard pair.client.session.state == .open, pair.server.session.state == .open else { return }
    try pair.client.session.seal([UInt8](repeating: 7, count: 2000))
    pair.server.receive(damaged(pair.client.takeOutput(), &untilDamage, &random))
    guard pair.server.session.state == .open else { return }
    try pair.server.session.seal([UInt8](repeating: 8, count: 2000))
    pair.client.receive(damaged(pair.server.takeOutput(), &untilDamage, &random))
    #expect(pair.server.received.allSatisfy { $0 == 7 } && pair.client.received.allSatisfy { $0 == 8 })
  }

  private func damaged(_ bytes: ByteBuffer, _ untilDamage: inout Int, _ random: inout SeededRandom) -> ByteBuffer {
    var bytes = bytes
    defer { untilDamage -= bytes.readableBytes }
    guard (0..<bytes.readableBytes).contains(untilDamage) else { return bytes }
    let index = bytes.readerIndex + noticedPlace(for: untilDamage, in: bytes)
    let byte = bytes.getInteger(at: index, as: UInt8.self) ?? 0
    bytes.setInteger(byte ^ (1 << UInt8(random.next() % 8)), at: index)
    return bytes
  }

  /// `offset`, or that of the following length if it points at a record's version, which a receiver ignores (RFC 8446
  /// §5.1).
  private func noticedPlace(for offset: Int, in records: ByteBuffer) -> Int {
    var record = 0
    while let length = records.getInteger(at: records.readerIndex + record + 3, as: UInt16.self) {
      let next = record + 5 + Int(length)
      if offset < next { return (1...2).contains(offset - record) ? record + 3 : offset }
      record = next
    }
    return offset
  }
}
