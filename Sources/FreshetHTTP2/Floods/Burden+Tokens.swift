// The cost of a peer's burdens, taken from a session's budget.
import FreshetHTTP

extension Burden {
  /// The cost of one, taken from `FloodLimits.frameBurst`, apart from the cost of its length. SETTINGS may make this
  /// side visit all its streams, and a broken stream has cost the start of a handler; burdens that are not frames are
  /// bounded elsewhere.
  var tokens: Int {
    switch self {
    case .settings, .brokenStreams, .keyUpdates: 10
    case .resets, .pings, .priorities, .emptyData, .windowUpdates, .continuations, .goaways, .refusedStreams,
      .lateFrames, .interimResponses, .wastedWork:
      1
    case .largeHeaders, .heavyHeaders, .openHeaders, .unreadStreams, .fullSockets: 0
    }
  }

  /// Whether one is worth reporting: a well-behaved client never does it.
  var isTold: Bool {
    switch self {
    case .refusedStreams, .brokenStreams, .largeHeaders, .openHeaders: true
    case .resets, .pings, .settings, .priorities, .emptyData, .windowUpdates, .continuations, .goaways, .heavyHeaders,
      .wastedWork, .lateFrames, .interimResponses, .unreadStreams, .keyUpdates, .fullSockets:
      false
    }
  }
}
