// Which streams were recently reset, and by which side: what may still arrive for a stream that nghttp2 has forgotten.

/// A table of fixed size; a stream's slot is determined by its identifier, and a later stream replaces an earlier one.
/// All other streams ended with the peer's END_STREAM, or were never opened. Confined to the session's loop.
struct ResetStreams {
  enum Trace: Equatable {
    /// This side has reset the stream, so the peer may have sent more before it knew (RFC 9113 §5.1).
    case byUs
    /// The peer has reset the stream.
    case byPeer
    /// The peer has ended the stream, after this side had reset it.
    case ended
    /// It may have been reset, but was replaced by others.
    case forgotten
    /// It was not reset.
    case none
  }

  private struct Place {
    var id: Int32 = 0
    var trace = Trace.none
    /// How many bytes of DATA still fitted in the stream's window; negative when more arrived.
    var roomBytes: Int32 = 0
  }

  static let maxCount = 256

  private var places: [Place] = []
  private var lastForgotten: Int32 = 0

  /// This side resets a stream, for the first time or again.
  mutating func resetByUs(_ id: Int32, roomBytes: Int32) {
    switch trace(of: id) {
    case .none, .forgotten: keep(Place(id: id, trace: .byUs, roomBytes: roomBytes))
    case .byUs, .byPeer, .ended: break
    }
  }

  /// The peer's RST_STREAM was received: it sends nothing more.
  mutating func resetByPeer(_ id: Int32) { keep(Place(id: id, trace: .byPeer)) }

  /// The peer's END_STREAM was received after this side's reset.
  mutating func end(_ id: Int32) { keep(Place(id: id, trace: .ended)) }

  /// This side has answered a frame received after the peer's reset.
  mutating func answer(_ id: Int32) { keep(Place(id: id, trace: .byUs)) }

  func trace(of id: Int32) -> Trace {
    if !places.isEmpty, places[Self.index(id)].id == id { return places[Self.index(id)].trace }
    return id <= lastForgotten ? .forgotten : .none
  }

  /// DATA of a stream that this side has reset.
  /// - Returns: whether it fitted in the window.
  mutating func takeRoom(_ id: Int32, _ bytes: Int) -> Bool {
    guard trace(of: id) == .byUs else { return false }
    let index = Self.index(id)
    places[index].roomBytes = max(-1, places[index].roomBytes - Int32(clamping: bytes))
    return places[index].roomBytes >= 0
  }

  private mutating func keep(_ place: Place) {
    if places.isEmpty { places = Array(repeating: Place(), count: Self.maxCount) }
    let index = Self.index(place.id)
    if places[index].id != place.id { lastForgotten = max(lastForgotten, places[index].id) }
    places[index] = place
  }

  /// All of a client's identifiers are odd.
  private static func index(_ id: Int32) -> Int { Int(id >> 1) % maxCount }
}
