// Measures how much of a connection's data is on its way at a time, its bandwidth-delay product, by PINGs among the data.
import NIOCore

/// The estimate of one connection: how large a window its path has shown to use. The session has the clock, and sends the
/// PING.
///
///   watching ── receiveData: enough within a round trip ──▶ sampling ── receivePingAck ──▶ watching
///
/// A sample is what came from the beginning of the watch, which is a burst's where data comes in bursts, to the PING's answer.
/// When that makes a third of the window for a round trip, the peer may be waiting for WINDOW_UPDATEs, which leave at half of
/// it, and a little is kept back: the window doubles, as long as that brings more bandwidth. (Counted from the PING alone, all samples were small when PINGs
/// fell on the ends of bursts, and rests that are multiples of the round trip kept them there.) A PING is sent
/// only upon data that came after the answer to the one before: gRPC's servers take PINGs without that for abuse.
struct BandwidthEstimator {
  private enum State {
    /// No PING is out; so many bytes came since then, which is at most a round trip ago. → sampling
    case watching(since: NIODeadline?, bytes: Int)
    /// A PING is out; so many bytes came before it in the watch, and since. → watching
    case sampling(since: NIODeadline, pingAt: NIODeadline, bytes: Int)
  }

  /// The protocol's own window (RFC 9113 §6.9.2): where every estimate begins.
  static let firstWindowBytes = 65_535
  /// 65,535 × 2⁸, almost 16 MiB: 160 MB/s at a round trip of 100 ms.
  static let maxWindowBytes = firstWindowBytes << 8
  /// Up to so much a full window is enough to double it. Where a round trip takes less than a turn of the peer's loop, the
  /// bandwidth that is measured is noise, and 64 KiB messages need 512 KiB: half of the window can be read while the peer
  /// learns of the room for more.
  private static let easyWindowBytes = firstWindowBytes << 3
  /// The payload that tells this PING from others.
  static let pingPayload: UInt64 = 0x6672_6573_6865_747e  // “freshet~”

  private var state = State.watching(since: nil, bytes: 0)
  private(set) var windowBytes = firstWindowBytes
  /// In bytes a second, when the window grew last.
  private var bandwidth = 0.0
  private var roundTrip: TimeAmount?
  /// How many samples have not made the window grow since the last that did.
  private var steadySamples = 0
  private var restsUntil = NIODeadline.distantPast
  private var looksAgainAt = NIODeadline.distantPast

  /// How long the rest after the second steady sample is. It doubles with each.
  private static let firstRest = TimeAmount.milliseconds(100)
  private static let maxRest = TimeAmount.seconds(10)

  enum OnData { case count, sendPing }

  /// - Parameter limitBytes: the largest window that would be of use.
  mutating func receiveData(_ bytes: Int, limitBytes: Int, now: @autoclosure () -> NIODeadline) -> OnData {
    switch state {
    case .sampling(let since, let pingAt, let counted):
      state = .sampling(since: since, pingAt: pingAt, bytes: counted + bytes)
      return .count
    case .watching(let since, let counted):
      if windowBytes >= min(limitBytes, Self.maxWindowBytes) { return .count }
      return watch(bytes, since, counted, now())
    }
  }

  /// Most connections never have a quarter of the window on its way, and are asked only once in a while.
  private mutating func watch(_ bytes: Int, _ since: NIODeadline?, _ counted: Int, _ now: NIODeadline) -> OnData {
    let isStale = now < looksAgainAt && since.map { now - $0 > roundTrip ?? .zero } ?? true
    let total = isStale ? bytes : counted + bytes
    if total >= windowBytes / 4, now >= restsUntil {
      state = .sampling(since: isStale ? now : since ?? now, pingAt: now, bytes: total)
      return .sendPing
    }
    state = .watching(since: isStale ? now : since ?? now, bytes: total)
    return .count
  }

  enum OnPingAck: Equatable { case grow, stay, ignore }

  mutating func receivePingAck(now: NIODeadline) -> OnPingAck {
    guard case .sampling(let since, let pingAt, let sampled) = state else { return .ignore }
    let time = max(.nanoseconds(1), now - since), roundTrip = max(.nanoseconds(1), now - pingAt)
    state = .watching(since: nil, bytes: 0)
    self.roundTrip = roundTrip
    looksAgainAt = now + Self.maxRest
    let measured = Double(sampled) * 1e9 / Double(time.nanoseconds)
    let bytes = Int(measured / 1e9 * Double(roundTrip.nanoseconds))
    guard bytes >= windowBytes / 3, measured > bandwidth || windowBytes < Self.easyWindowBytes else {
      steadySamples += 1
      rest(now)
      return .stay
    }
    // Data comes in bursts, so that one sample may have two windows of it; what a window can bring is one in a round trip.
    bandwidth = min(measured, Double(windowBytes) * 1e9 / Double(roundTrip.nanoseconds))
    steadySamples = 0
    repeat { windowBytes *= 2 } while windowBytes < min(bytes, Self.maxWindowBytes)
    return .grow
  }

  /// Not after the first steady sample: the room that was made last may not have reached the peer by then.
  private mutating func rest(_ now: NIODeadline) {
    if steadySamples < 2 { return }
    let doublings = min(steadySamples - 2, 7)
    restsUntil = now + min(Self.firstRest * (1 << doublings), Self.maxRest)
  }
}
