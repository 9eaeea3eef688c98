// One endpoint address of a channel's policy, and the connection to it.
package import FreshetTransport

/// Connects when the policy requests it, and takes calls while it is ready. It does not reconnect by itself.
///
/// Confined to the channel's loop; its connections live on their own loop, which may be another.
// SAFETY: everything except the immutable properties is used on the loop of `core.executor` only. Pickers pass the
// reference between threads.
package final class Subchannel: @unchecked Sendable {
  package let address: ConnectAddress
  /// The loop of its connections.
  package let executor: LoopExecutor
  /// Outlives every policy and its subchannels.
  private unowned let core: ChannelCore
  @exclusivity(unchecked) private var mutable = Mutable()

  private struct Mutable {
    var state = SubchannelState.idle
    /// The attempt, or the connection that takes calls.
    var connection: SubchannelConnection?
  }

  init(_ core: ChannelCore, to address: ConnectAddress, on executor: LoopExecutor) {
    self.core = core
    self.address = address
    self.executor = executor
  }

  package var state: SubchannelState { mutable.state }

  // MARK: From the policy

  /// Connects, unless there is an attempt or a connection. The result is reported to `LoadBalancer.subchannelChanged`,
  /// possibly before this returns.
  package func connect() {
    assert(core.executor.isCurrent)
    guard mutable.state.connect() else { return }
    let connection = SubchannelConnection(core, of: self)
    mutable.connection = connection
    core.connect(connection)
  }

  /// Abandons an attempt, or drains the connection. Nothing more is reported to the policy.
  package func shutDown() {
    assert(core.executor.isCurrent)
    guard mutable.state.shutDown() else { return }
    mutable.connection.take()?.retire()
  }

  // MARK: From the channel

  /// The connection that takes calls; nil if it is gone and the picker is outdated (R24).
  var readyConnection: SubchannelConnection? {
    if case .ready = mutable.state { mutable.connection } else { nil }
  }

  // MARK: From its connection

  func becameReady(_ connection: SubchannelConnection) {
    assert(core.executor.isCurrent)
    guard mutable.connection === connection, mutable.state.becomeReady() else { return }
    core.subchannelChanged(self)
  }

  /// It takes no more calls, or could not be established.
  func left(_ connection: SubchannelConnection, _ error: TransportError) {
    assert(core.executor.isCurrent)
    guard mutable.connection === connection, mutable.state.leave(error) else { return }
    mutable.connection = nil
    core.subchannelChanged(self)
  }

  /// It has fully ended.
  func ended(_ connection: SubchannelConnection) {
    assert(core.executor.isCurrent)
    if mutable.connection === connection { mutable.connection = nil }
  }
}
