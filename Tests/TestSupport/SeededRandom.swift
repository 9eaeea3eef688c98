// Repeatable random numbers: every random test prints its seed, and FRESHET_SEED repeats it.
import Foundation

/// A random number generator (SplitMix64) with the same sequence everywhere for a given seed.
package struct SeededRandom: RandomNumberGenerator, Sendable {
  /// The initial seed.
  package let seed: UInt64
  private var state: UInt64

  package init(seed: UInt64) {
    self.seed = seed
    self.state = seed
  }

  /// A generator for a whole test: from FRESHET_SEED if set, else random; prints how to repeat it.
  package static func forTest(_ name: String) -> SeededRandom {
    let given = ProcessInfo.processInfo.environment["FRESHET_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
    print("\(name): FRESHET_SEED=\(seed)")
    return SeededRandom(seed: seed)
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
