// Measures how much of a connection's data is in flight, its bandwidth-delay product, by PINGs among the data.
import NIOCore

/// One connection's estimate of how large a window its path can use. The session has the clock, and sends the PING.
///
///   watching ── receiveData: enough within a round trip ──▶ sampling ── receivePingAck ──▶ watching
///
/// A sample is what arrived from the beginning of the watch, the start of a burst where data comes in bursts, until the
/// PING's answer. When a round trip brings a third of the window, the peer may be waiting for WINDOW_UPDATEs, which are
/// sent at half of it, and a little is kept back: the window doubles, as long as that brings more bandwidth. (Counted
/// from the PING only, all samples were small when PINGs fell on the ends of bursts, and rests that are multiples of
/// the round trip kept them there.) A PING is sent only upon data that arrived after the previous answer: gRPC's
/// servers treat other PINGs as abuse.
struct BandwidthEstimator {
  private enum State {
    /// No PING is outstanding; this many bytes arrived since then, at most a round trip ago. → sampling
    case watching(since: NIODeadline?, bytes: Int)
    /// A PING is outstanding; this many bytes arrived before it in the watch, and since. → watching
    case sampling(since: NIODeadline, pingAt: NIODeadline, bytes: Int)
  }

  /// The protocol's default window (RFC 9113 §6.9.2): where every estimate begins.
  static let firstWindowBytes = 65_535
  /// 65,535 × 2⁸, almost 16 MiB: 160 MB/s at a round trip of 100 ms.
  static let maxWindowBytes = firstWindowBytes << 8
  /// Up to this size a full window is enough to double it. Where a round trip takes less than a turn of the peer's
  /// loop, the measured bandwidth is noise, and 64 KiB messages need 512 KiB: half of the window can be read while the
  /// peer learns of more room.
  private static let easyWindowBytes = firstWindowBytes << 3
  /// Identifies this PING.
  static let pingPayload: UInt64 = 0x6672_6573_6865_747e  // “freshet~”

  private var state = State.watching(since: nil, bytes: 0)
  private(set) var windowBytes = firstWindowBytes
  /// In bytes per second, when the window last grew.
  private var bandwidth = 0.0
  private var roundTrip: TimeAmount?
  /// How many samples have not made the window grow since the last one that did.
  private var steadySamples = 0
  private var restsUntil = NIODeadline.distantPast
  private var looksAgainAt = NIODeadline.distantPast

  /// The length of the rest after the second steady sample. It doubles with each.
  private static let firstRest = TimeAmount.milliseconds(100)
  private static let maxRest = TimeAmount.seconds(10)

  enum OnData { case count, sendPing }

  /// - Parameter limitBytes: the largest useful window.
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

  /// Most connections never have a quarter of the window in flight, and are probed only once in a while.
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
    // Data arrives in bursts, so one sample may contain two windows of it; a window can bring at most itself per round
    // trip.
    bandwidth = min(measured, Double(windowBytes) * 1e9 / Double(roundTrip.nanoseconds))
    steadySamples = 0
    repeat { windowBytes *= 2 } while windowBytes < min(bytes, Self.maxWindowBytes)
    return .grow
  }

  /// Not after the first steady sample: the peer may not have learnt of the latest growth by then.
  private mutating func rest(_ now: NIODeadline) {
    if steadySamples < 2 { return }
    let doublings = min(steadySamples - 2, 7)
    restsUntil = now + min(Self.firstRest * (1 << doublings), Self.maxRest)
  }
}
