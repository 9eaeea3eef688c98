// The sequence of a server's graceful close (grpc-wire.md S15): notice, PING, GOAWAY, last streams, end.
//
//   serving ─ begin ─▶ noticed ─ receivePingAck ─▶ refusing ─ (the streams end) ─▶ the session is finished

/// The state of a graceful close. The PING's answer proves that the peer has seen the notice, so that every stream that
/// it opened before is known when the final GOAWAY names the last one.
enum Drain {
  /// → noticed
  case serving
  /// The notice and a PING were sent. → refusing
  case noticed
  /// The final GOAWAY was sent; running streams finish.
  case refusing

  /// Identifies this PING.
  static let pingPayload: UInt64 = 0x6672_6573_6865_7421  // “freshet!”

  enum OnBegin { case sendNoticeAndPing, ignore }

  mutating func begin() -> OnBegin {
    guard case .serving = self else { return .ignore }
    self = .noticed
    return .sendNoticeAndPing
  }

  enum OnPingAck { case sendGoaway, ignore }

  mutating func receivePingAck(_ payload: UInt64) -> OnPingAck {
    guard case .noticed = self, payload == Self.pingPayload else { return .ignore }
    self = .refusing
    return .sendGoaway
  }
}
