// Random damage on the wire: both ends end in a state that they can name, and none crashes.
import NIOCore
import TestSupport
import Testing

@testable import FreshetTLS

@Suite struct DamagedBytesTests {
  /// To run one again, put its seed alone here.
  static let seeds: [UInt64] = Array(1...150)

  @Test(arguments: seeds)
  func `a flipped bit leaves no end open that does not agree with the other`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let pair = try SessionPair()
    pair.client.start()
    // A handshake moves about 1500 bytes; some flips come after it.
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
    // Without damage all is well; with damage somebody noticed, or still waits for a record made longer by it.
    #expect(isDamaged || !hasFailed && !isWaiting && pair.server.received.count == 2000, "seed \(seed)")
    #expect(!isDamaged || hasFailed || isWaiting || pair.server.received.count < 2000, "seed \(seed)")
  }

  private func exchange(_ pair: SessionPair, _ untilDamage: inout Int, _ random: inout SeededRandom) throws {
    guard pair.client.session.state == .open else { return }
    try pair.client.session.seal([UInt8](repeating: 7, count: 2000))
    pair.server.receive(damaged(pair.client.takeOutput(), &untilDamage, &random))
    #expect(pair.server.received.allSatisfy { $0 == 7 })
  }

  private func damaged(_ bytes: ByteBuffer, _ untilDamage: inout Int, _ random: inout SeededRandom) -> ByteBuffer {
    var bytes = bytes
    defer { untilDamage -= bytes.readableBytes }
    guard (0..<bytes.readableBytes).contains(untilDamage) else { return bytes }
    let index = bytes.readerIndex + untilDamage
    let byte = bytes.getInteger(at: index, as: UInt8.self) ?? 0
    bytes.setInteger(byte ^ (1 << UInt8(random.next() % 8)), at: index)
    return bytes
  }
}
