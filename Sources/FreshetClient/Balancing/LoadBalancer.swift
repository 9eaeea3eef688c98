// The seam between a channel and its load-balancing policy: the policy receives endpoints and the states of
// subchannels, and publishes a state and a picker.
package import FreshetTransport
package import Logging

/// The state of a channel (grpc-channel.md R16).
package enum ConnectivityState: Sendable, Hashable {
  /// No connection, and none needed. A call triggers `LoadBalancer.exitIdle`.
  case idle
  case connecting
  case ready
  /// The last attempt failed. Calls fail, except those that wait for a ready channel.
  case transientFailure
  case shutDown
}

/// A load-balancing policy (R22). Confined to the channel's loop.
///
/// Creates subchannels through its host, tells them to connect, and publishes a picker whenever its choice changes. It
/// shuts down the subchannels that it no longer needs.
package protocol LoadBalancer: AnyObject {
  /// A call, or a connection without one, is wanted while the policy is idle, as it is initially.
  func exitIdle()
  /// The resolver's endpoints; they replace all earlier ones.
  func receive(_ endpoints: [Endpoint])
  /// The resolver failed. Earlier endpoints remain valid.
  func receive(resolverError: TransportError)
  /// A subchannel's state has changed; see `Subchannel.state`.
  func subchannelChanged(_ subchannel: Subchannel)
  /// No requests or publications from now on. Attempts to connect are abandoned; the channel drains ready connections.
  func shutDown()
}

/// The channel as seen by its policy.
package protocol LoadBalancerHost: AnyObject {
  var executor: LoopExecutor { get }
  var settings: LoadBalancerSettings { get }
  /// The picker for all later and all waiting calls. Calls wait until there is a first one.
  func publish(_ state: ConnectivityState, _ picker: any Picker)
  /// Queries the resolver again (R9); the result is passed to `receive`, possibly before this returns.
  func resolve()
  /// Creates a subchannel, initially idle.
  /// - Parameter executor: the loop of its connections, which may differ from the channel's: calls are then relayed.
  func makeSubchannel(to address: ConnectAddress, on executor: LoopExecutor) -> Subchannel
}

/// What a policy needs to know about its channel.
package struct LoadBalancerSettings: Sendable {
  /// The channel's destination, for error messages.
  package var destination: Destination
  package var isPlaintext: Bool
  /// How long the latest attempt to connect may take before the next address is tried in parallel (R29).
  package var attemptDelay: Duration
  package var logger: Logger
}

/// Creates a channel's policy, when the channel is first used. The host outlives it, so the policy refers to it
/// `unowned`.
package typealias LoadBalancerFactory = @Sendable (_ host: any LoadBalancerHost) -> any LoadBalancer
