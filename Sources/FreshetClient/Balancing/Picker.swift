// Which connection a call takes.
package import FreshetCore

/// What becomes of a call (grpc-channel.md R23).
package enum PickResult {
  case complete(Subchannel)
  /// It waits for the next picker.
  case queue
  /// It fails with this, unless it waits for a ready channel.
  case fail(RPCError)
  /// It fails with this in any case.
  case drop(RPCError)
}

/// A policy's choice as it stands: immutable, or with atomic state of its own, since any thread may ask it at the same time
/// as others. It is asked for each call, so it must neither wait nor allocate.
package protocol Picker: Sendable {
  func pick(_ call: ClientCallRequest) -> PickResult
}

/// All calls wait.
package struct QueuePicker: Picker {
  package init() {}
  package func pick(_ call: ClientCallRequest) -> PickResult { .queue }
}

/// All calls fail.
package struct FailPicker: Picker {
  private let error: RPCError
  package init(_ error: RPCError) { self.error = error }
  package func pick(_ call: ClientCallRequest) -> PickResult { .fail(error) }
}

/// All calls take one subchannel.
package struct SubchannelPicker: Picker {
  private let subchannel: Subchannel
  package init(_ subchannel: Subchannel) { self.subchannel = subchannel }
  package func pick(_ call: ClientCallRequest) -> PickResult { .complete(subchannel) }
}
