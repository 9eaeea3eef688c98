// The keys that seal a server's session tickets, rotated regularly.
import COpenSSL
import Synchronization

/// The current key, and those that sealed tickets which clients may still present. A value; the time is passed in.
struct TicketKeys {
  /// RFC 8446 section 4.6.1.
  static let maxLifetime = Duration.seconds(7 * 24 * 3600)

  /// The lifetime of a ticket.
  let lifetime: Duration
  /// The newest first.
  private(set) var keys: [TicketKey] = []

  init(lifetime: Duration) { self.lifetime = lifetime }

  /// The key for new tickets.
  /// - Parameter now: of any monotonic clock.
  mutating func sealing(now: Duration) -> TicketKey {
    if let key = keys.first, now - key.birth < term { return key }
    let key = TicketKey(birth: now)
    keys.insert(key, at: 0)
    forget(now)
    return key
  }

  enum Found {
    /// Seals new tickets, too.
    case current(TicketKey)
    /// The client should get a new ticket.
    case older(TicketKey)
    case none
  }

  /// The key that sealed a ticket.
  mutating func opening(_ name: some Sequence<UInt8>, now: Duration) -> Found {
    forget(now)
    guard let key = keys.first(where: { $0.name.elementsEqual(name) }) else { return .none }
    return now - key.birth < term ? .current(key) : .older(key)
  }

  /// How long a key seals.
  private var term: Duration { lifetime / 2 }

  /// Drops keys whose last ticket has expired.
  private mutating func forget(_ now: Duration) {
    let limit = term + lifetime
    keys.removeAll { now - $0.birth >= limit }
  }
}

/// A key with its name, which tickets contain.
// SAFETY: immutable, and so is the memory until the last reference is released.
final class TicketKey: @unchecked Sendable {
  static let nameBytes = 16
  private static let secretBytes = 64

  let name: [UInt8]
  let birth: Duration
  /// 32 bytes for AES-256, then 32 for HMAC; wiped at the end.
  let secret: UnsafeMutableRawBufferPointer

  init(birth: Duration) {
    var system = SystemRandomNumberGenerator()
    name = (0..<Self.nameBytes).map { _ in UInt8.random(in: 0 ... .max, using: &system) }
    secret = .allocate(byteCount: Self.secretBytes, alignment: 1)
    for index in secret.indices { secret[index] = UInt8.random(in: 0 ... .max, using: &system) }
    self.birth = birth
  }

  deinit {
    OPENSSL_cleanse(secret.baseAddress, secret.count)
    secret.deallocate()
  }
}

/// The keys of one context, for its sessions on any thread.
final class TicketKeyRing: Sendable {
  private let keys: Mutex<TicketKeys>
  private let start = ContinuousClock.now

  init(lifetime: Duration) { keys = Mutex(TicketKeys(lifetime: lifetime)) }

  /// Called when a ticket is sealed or opened; prepares OpenSSL's contexts for it.
  /// - Returns: 1 when they are ready, 2 when the client should also get a new ticket, 0 without a key, -1 when OpenSSL
  ///   fails.
  static let startTicket:
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, OpaquePointer?, OpaquePointer?, Int32
    ) -> Int32 = { session, name, iv, cipher, mac, seals in
      guard let ring = SessionWire.of(session: session)?.ticketKeys, let name else { return 0 }
      let now = ContinuousClock.now - ring.start
      let name16 = UnsafeMutableBufferPointer(start: name, count: TicketKey.nameBytes)
      let key: TicketKey
      var result: Int32 = 1
      if seals == 1 {
        key = ring.keys.withLock { $0.sealing(now: now) }
        _ = name16.update(fromContentsOf: key.name)
      } else {
        switch ring.keys.withLock({ $0.opening(name16, now: now) }) {
        case .current(let found): key = found
        case .older(let found): (key, result) = (found, 2)
        case .none: return 0
        }
      }
      let secret = key.secret.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return freshet_start_ticket(secret, iv, cipher, mac, seals) == 1 ? result : -1
    }
}
