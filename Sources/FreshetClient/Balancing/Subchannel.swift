// One address of a channel's policy, with the connection to it.
package import FreshetTransport

/// Connects when the policy says so, and takes calls while it is ready. It does not connect again by itself.
///
/// Confined to the channel's loop; its connections live on its own, which may be another.
// SAFETY: everything but the immutable properties is touched on the loop of `core.executor` alone. Pickers hand the
// reference from thread to thread.
package final class Subchannel: @unchecked Sendable {
  package let address: ConnectAddress
  /// The loop of its connections.
  package let executor: LoopExecutor
  /// Outlives every policy, and so what they make.
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

  /// Connects, unless there is an attempt or a connection. What comes of it, `LoadBalancer.subchannelChanged` tells, perhaps
  /// before this returns.
  package func connect() {
    guard mutable.state.connect() else { return }
    let connection = SubchannelConnection(core, of: self)
    mutable.connection = connection
    core.connect(connection)
  }

  /// Gives an attempt up, or lets the calls end that are on the connection, then closes it. The policy hears nothing more.
  package func shutDown() {
    guard mutable.state.shutDown() else { return }
    mutable.connection.take()?.retire()
  }

  // MARK: From the channel

  /// The connection that takes calls; nil when the picker did not know yet that it is gone (R24).
  var readyConnection: SubchannelConnection? {
    if case .ready = mutable.state { mutable.connection } else { nil }
  }

  // MARK: From its connection

  func becameReady(_ connection: SubchannelConnection) {
    guard mutable.connection === connection, mutable.state.becomeReady() else { return }
    core.subchannelChanged(self)
  }

  /// It takes no more calls, or has not come to be one.
  func left(_ connection: SubchannelConnection, _ error: TransportError) {
    guard mutable.connection === connection, mutable.state.leave(error) else { return }
    mutable.connection = nil
    core.subchannelChanged(self)
  }

  /// Nothing is left of it.
  func ended(_ connection: SubchannelConnection) {
    if mutable.connection === connection { mutable.connection = nil }
  }
}
