// Chooses the connection of a call.
package import FreshetCore

/// What happens to a call (grpc-channel.md R23).
package enum PickResult {
  case complete(Subchannel)
  /// It waits for the next picker.
  case queue
  /// It fails with this error, unless it waits for a ready channel.
  case fail(RPCError)
  /// It fails with this error in any case.
  case drop(RPCError)
}

/// A policy's current choice: immutable, or with atomic state of its own, since any threads may use it concurrently.
/// Called for each call, so it must neither wait nor allocate.
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

/// All calls use one subchannel.
package struct SubchannelPicker: Picker {
  private let subchannel: Subchannel
  package init(_ subchannel: Subchannel) { self.subchannel = subchannel }
  package func pick(_ call: ClientCallRequest) -> PickResult { .complete(subchannel) }
}
