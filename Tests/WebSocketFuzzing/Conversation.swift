// One side's bytes of a random conversation, and what the other should make of them.
import FreshetWebSocket
import Fuzzing
import NIOCore

/// What a session writes by random commands, and perhaps damage.
struct Conversation {
  /// The role of the side that reads.
  let role: WebSocketRole
  let deflate: DeflateParameters?
  var limits = WebSocketLimits()
  let deliversParts: Bool
  /// Whether the connection ends behind the bytes.
  let hasEnd: Bool
  private(set) var wire: [UInt8] = []
  private(set) var frames = 0
  private(set) var isDamaged: Bool
  /// The messages in order, as the reader should see them.
  private(set) var sent: [Message] = []
  private var writer: WebSocketSession
  /// Where frames begin in `wire`, or messages.
  private var borders: [Int] = [0]

  struct Message: Equatable {
    var kind: WebSocketMessageKind
    var bytes: [UInt8]
  }

  init(_ random: inout Mutator) {
    role = random.index(below: 2) == 0 ? .server : .client
    deflate = random.index(below: 2) == 0 ? nil : Self.parameters(&random)
    deliversParts = random.index(below: 4) == 0
    isDamaged = random.index(below: 2) == 0
    hasEnd = random.index(below: 2) == 0
    if isDamaged {
      limits.maxMessageBytes = [64, 1000, 70_000, 1 << 20][random.index(below: 4)]
      limits.maxFragments = [1, 4, 1024][random.index(below: 3)]
      limits.frameBurst = [3, 20, 10_000][random.index(below: 3)]
    }
    limits.maxUnreadBytes = [1, 500, 5000, 1 << 20][random.index(below: 4)]
    writer = WebSocketSession(
      role: role.peer, deflate: deflate, minimumDeflatedBytes: [0, 20][random.index(below: 2)],
      keys: MaskKeys(Mutator(seed: random.next(), words: [])))
    let count = 1 + random.index(below: 24)
    for _ in 0..<count {
      act(&random)
      if random.index(below: 4) != 0 { write() }
      if isDamaged, random.index(below: 12) == 0 { inject(&random) }
    }
    if random.index(below: 3) != 0 {
      writer.close(CloseCode(rawValue: [1000, 1001, 1011, 4321][random.index(below: 4)]), reason: "bye")
      frames += 1
    }
    write()
    if isDamaged, random.index(below: 2) == 0 { damage(&random) }
  }

  private static func parameters(_ random: inout Mutator) -> DeflateParameters {
    var parameters = DeflateParameters()
    parameters.serverTakesContextOver = random.index(below: 2) == 0
    parameters.clientTakesContextOver = random.index(below: 2) == 0
    parameters.serverWindowBits = 8 + random.index(below: 8)
    parameters.clientWindowBits = 8 + random.index(below: 8)
    return parameters
  }

  // MARK: Writing

  private mutating func write() {
    var buffer = ByteBuffer()
    writer.writeOutput(into: &buffer)
    wire += Array(buffer.readableBytesView)
    borders.append(wire.count)
  }

  private mutating func act(_ random: inout Mutator) {
    let kind: WebSocketMessageKind = random.index(below: 2) == 0 ? .text : .binary
    switch random.index(below: 10) {
    case 0:
      try? writer.ping(ByteBuffer(bytes: Self.bytes(&random, below: 126)))
      frames += 1
    case 1, 2:
      var message = Message(kind: kind, bytes: [])
      let count = 1 + random.index(below: 6)
      for number in 1...count {
        let part = Self.content(kind, &random)
        message.bytes += part
        try? writer.sendPart(ByteBuffer(bytes: part), as: kind, isLast: number == count)
        frames += 1
        if random.index(below: 3) == 0 { write() }
      }
      sent.append(message)
    default:
      let message = Message(kind: kind, bytes: Self.content(kind, &random))
      try? writer.send(ByteBuffer(bytes: message.bytes), as: kind)
      frames += 1
      sent.append(message)
    }
  }

  private static func content(_ kind: WebSocketMessageKind, _ random: inout Mutator) -> [UInt8] {
    let count: Int
    switch random.index(below: 40) {
    case 0: count = random.index(below: 100_000)
    case 1..<8: count = random.index(below: 3000)
    default: count = random.index(below: 200)
    }
    if kind == .binary {
      return random.index(below: 2) == 0 ? [UInt8](repeating: 7, count: count) : bytes(&random, count)
    }
    let letters = ["a", "b", " ", "é", "€", "\u{1F600}", "\u{FFFF}"]
    let known = random.index(below: 2) == 0 ? 3 : letters.count
    var text = ""
    while text.utf8.count < count { text += letters[random.index(below: known)] }
    return Array(text.utf8)
  }

  private static func bytes(_ random: inout Mutator, below count: Int) -> [UInt8] {
    bytes(&random, random.index(below: count))
  }

  private static func bytes(_ random: inout Mutator, _ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  // MARK: Damage

  /// Appends a frame that no session would write, or not here.
  private mutating func inject(_ random: inout Mutator) {
    write()
    let isMasked = (role == .server) != (random.index(below: 20) == 0)
    let mask: UInt8 = isMasked ? 0x80 : 0, key: [UInt8] = isMasked ? [0, 0, 0, 0] : []
    let first = [0x01, 0x81, 0x00, 0x80, 0x82, 0xC1, 0xC2, 0x41, 0x83, 0x8B, 0x88, 0x89, 0x8A, 0x09, 0x91, 0xA1]
    let opcode = UInt8(first[random.index(below: first.count)])
    frames += 1
    switch random.index(below: 8) {
    case 0: wire += [opcode, mask | 126, 0, UInt8(random.index(below: 256))] + key  // perhaps not the shortest form
    case 1: wire += [opcode, mask | 127] + (0..<8).map { _ in UInt8(truncatingIfNeeded: random.next()) } + key
    case 2:  // many that carry nothing
      let count = random.index(below: 40)
      frames += count
      wire += (0..<count).flatMap { _ in [opcode, mask] + key }
    case 3:  // a deflate bomb of zeros
      var bomb = WebSocketSession(role: .server, deflate: DeflateParameters())
      try? bomb.send(ByteBuffer(repeating: 0, count: 1 << 21), as: .binary)
      var bytes = ByteBuffer()
      bomb.writeOutput(into: &bytes)
      let head = Array(bytes.readBytes(length: 4) ?? [])
      wire += [head[0], mask | head[1]] + head[2...] + key + Array(bytes.readableBytesView)
    default:
      let payload = Self.bytes(&random, below: 126)
      wire += [opcode, mask | UInt8(payload.count)] + key + payload
    }
  }

  private mutating func damage(_ random: inout Mutator) {
    // Around a border, where heads are.
    let border = borders[random.index(below: borders.count)]
    let start = max(0, border - 8), end = min(wire.count, border + 16)
    if random.index(below: 3) == 0 || start == end {
      wire = random.mutate(wire, spares: [wire])
    } else {
      wire.replaceSubrange(start..<end, with: random.mutate(Array(wire[start..<end]), spares: [wire]))
    }
  }

  // MARK: Laws

  /// Whether compressed data may refer beyond the agreed window, which zlib only notices if those bytes are no longer in
  /// the memory that it writes to.
  var mayExceedWindow: Bool { isDamaged && (deflate?.windowBits(role.peer) ?? 15) < 15 }

  /// The most memory that the reader may hold: two messages, each in memory that may have doubled; what is unread and the
  /// message that exceeds it; and, in parts, what a KiB may become.
  var memoryBound: Int {
    4 * (min(limits.maxMessageBytes, max(wire.count, 1 << 21)) + limits.maxUnreadBytes) + 4 * wire.count + (4 << 20)
  }

  /// Whether the writer's side finds a fault in what the reader wrote.
  func judgeOutput(_ output: [UInt8]) -> String? {
    var writer = writer
    if deflate != nil { writer = WebSocketSession(role: role.peer, deflate: deflate) }
    output.withUnsafeBytes { writer.receive($0, now: .uptimeNanoseconds(0)) }
    while let event = writer.next() {
      if case .failed(let error) = event { return "the peer finds a fault in the output: \(error)" }
    }
    return nil
  }
}
