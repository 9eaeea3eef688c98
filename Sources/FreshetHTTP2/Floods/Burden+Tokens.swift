// What a peer's burdens cost of a session's budget.
import FreshetHTTP

extension Burden {
  /// What one costs of `FloodLimits.frameBurst`, besides what its length may cost. SETTINGS may make this side look at all
  /// its streams, and a broken stream has taken a handler's start; what is no frame is bounded elsewhere.
  var tokens: Int {
    switch self {
    case .settings, .brokenStreams, .keyUpdates: 10
    case .resets, .pings, .priorities, .emptyData, .windowUpdates, .continuations, .goaways, .refusedStreams,
      .lateFrames, .interimResponses, .wastedWork:
      1
    case .largeHeaders, .heavyHeaders, .openHeaders, .unreadStreams, .fullSockets: 0
    }
  }

  /// Whether one is worth telling: a client that behaves does not do it.
  var isTold: Bool {
    switch self {
    case .refusedStreams, .brokenStreams, .largeHeaders, .openHeaders: true
    case .resets, .pings, .settings, .priorities, .emptyData, .windowUpdates, .continuations, .goaways, .heavyHeaders,
      .wastedWork, .lateFrames, .interimResponses, .unreadStreams, .keyUpdates, .fullSockets:
      false
    }
  }
}
