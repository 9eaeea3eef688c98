// Damages bytes at random, for tests of robustness.

/// Damages bytes in ways that reach deep into a parser. Equal seeds give equal damage.
public struct Mutator: RandomNumberGenerator {
  /// SplitMix64's.
  private var state: UInt64

  /// What the parsers at hand know: it is inserted now and then.
  public let words: [String]

  public init(seed: UInt64, words: [String]) {
    state = seed
    self.words = words
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  public mutating func index(below count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &self) }

  public mutating func mutate(_ original: [UInt8], spares: [[UInt8]]) -> [UInt8] {
    var bytes = original
    for _ in 0...index(below: 4) { damage(&bytes, spares) }
    return bytes
  }

  private mutating func damage(_ bytes: inout [UInt8], _ spares: [[UInt8]]) {
    let place = index(below: bytes.count + 1)
    let end = min(bytes.count, place + index(below: 60))
    switch index(below: 7) {
    case 0: bytes.removeSubrange(place..<end)
    case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 2: bytes.insert(contentsOf: words[index(below: words.count)].utf8, at: place)
    case 3: bytes.replaceSubrange(place..<end, with: words[index(below: words.count)].utf8)
    case 4: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: next()) }
    case 5: bytes.removeSubrange(place...)
    default:
      let spare = spares[index(below: spares.count)]
      let start = index(below: spare.count)
      bytes.replaceSubrange(place..<end, with: spare[start..<min(spare.count, start + index(below: 200))])
    }
  }
}
