// Masks over payloads of every length and alignment (W67).
import Fuzzing
import Testing

@testable import FreshetWebSocket

@Suite struct MaskingTests {
  @Test func `every length, place and phase is masked like byte by byte`() {
    let key = MaskKey(0xA1B2_C3D4), keyBytes: [UInt8] = [0xD4, 0xC3, 0xB2, 0xA1]
    let source = (0..<200).map { UInt8($0) }
    for place in 0..<9 {
      for count in 0...120 {
        for phase in 0..<4 {
          var target = [UInt8](repeating: 0, count: count + 16)
          source.withUnsafeBytes { source in
            target.withUnsafeMutableBytes { target in
              guard let start = target.baseAddress else { return }
              Masking.copy(
                UnsafeRawBufferPointer(rebasing: source[place..<(place + count)]), to: start + 8 - place % 8,
                key: key.advanced(by: phase))
            }
          }
          let start = 8 - place % 8
          #expect(
            Array(target[start..<(start + count)])
              == (0..<count).map { source[place + $0] ^ keyBytes[($0 + phase) % 4] })
          #expect(target[..<start].allSatisfy { $0 == 0 } && target[(start + count)...].allSatisfy { $0 == 0 })
        }
      }
    }
  }

  @Test func `a mask that is applied twice is gone`() {
    var bytes = Array("a payload of more than thirty-two bytes".utf8)
    let key = MaskKey(0x1234_5678)
    bytes.withUnsafeMutableBytes { Masking.apply(key, to: $0) }
    #expect(bytes != Array("a payload of more than thirty-two bytes".utf8))
    bytes.withUnsafeMutableBytes { Masking.apply(key, to: $0) }
    #expect(bytes == Array("a payload of more than thirty-two bytes".utf8))
  }

  @Test func `no two keys of many are the same more often than by chance`() {
    var keys = MaskKeys()
    let drawn = (0..<10_000).map { _ in keys.next() }
    // Of 50 million pairs, one in 2³² collides by chance.
    #expect(Set(drawn).count > 9_995)
  }

  @Test func `keys of a seeded generator can be repeated`() {
    var one = MaskKeys(Mutator(seed: 1, words: [])), other = MaskKeys(Mutator(seed: 1, words: []))
    let drawn = (0..<10).map { _ in one.next() }
    #expect(drawn == (0..<10).map { _ in other.next() })
    #expect(Set(drawn).count == 10)
  }
}
