// Damages schemas at random, for tests of robustness.

/// Damages bytes in ways that reach deep into a parser. Equal seeds give equal damage.
public struct Mutator: RandomNumberGenerator {
  /// SplitMix64's.
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  public mutating func index(below count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &self) }

  private static let words = [
    "{", "}", "[", "]", "(", ")", ";", "=", ",", ".", "-", "\"", "'", "/*", "*/", "//", "\\", "<", ">", "\0", "\u{FF}",
    "\n", "\r", "\t", "message", "enum", "oneof", "map<", "rpc", "stream", "option", "reserved", "to", "max", "import",
    "public", "package", "optional", "repeated", "-2147483648", "536870911", "18446744073709551616", "0x", "1e999",
    "inf", "nan", "json_name", "deprecated", "google.protobuf.Any", "allow_alias", "\"a\"", "features.x", "(a.b)",
    "required", "group", "extend", "extensions", "default =", "syntax = \"proto2\";", "edition = \"2023\";",
    "edition = \"2024\";", "export", "local", "weak", "features.field_presence = IMPLICIT", "message_set_wire_format",
    "[google.protobuf.Any]", "{ a: 1 b: [1, 2] c < d: \"e\" > }", "(features.custom.files) = {", "declaration = {",
    "google.protobuf.FileOptions", "import \"google/protobuf/descriptor.proto\";", "#", ":", "-inf",
  ]

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
    case 2: bytes.insert(contentsOf: Self.words[index(below: Self.words.count)].utf8, at: place)
    case 3: bytes.replaceSubrange(place..<end, with: Self.words[index(below: Self.words.count)].utf8)
    case 4: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: next()) }
    case 5: bytes.removeSubrange(place...)
    default:
      let spare = spares[index(below: spares.count)]
      let start = index(below: spare.count)
      bytes.replaceSubrange(place..<end, with: spare[start..<min(spare.count, start + index(below: 200))])
    }
  }
}
