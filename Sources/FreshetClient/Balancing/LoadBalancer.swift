// The joint between a channel and what chooses its connections: a policy gets endpoints and the states of subchannels, and
// gives a state and a picker.
package import FreshetTransport
package import Logging

/// How a channel stands (grpc-channel.md R16).
package enum ConnectivityState: Sendable, Hashable {
  /// No connection, and no reason to make one. A call has `LoadBalancer.exitIdle` called.
  case idle
  case connecting
  case ready
  /// The last try has failed. Calls fail, but for those that wait for a ready channel.
  case transientFailure
  case shutDown
}

/// A load-balancing policy (R22). Confined to the channel's loop.
///
/// It makes subchannels by its host, has them connect, and publishes a picker whenever its choice changes. What it makes it
/// shuts down when it does not need it any more.
package protocol LoadBalancer: AnyObject {
  /// A call, or a connection without one, is wanted while the policy's state is idle, as it is when the policy is made.
  func exitIdle()
  /// The resolver has found these; they take the place of all earlier ones.
  func receive(_ endpoints: [Endpoint])
  /// The resolver has found none. What it found before holds.
  func receive(resolverError: TransportError)
  /// A subchannel's state has changed; `Subchannel.state` has it.
  func subchannelChanged(_ subchannel: Subchannel)
  /// From now on nothing is asked or published. Attempts to connect are given up; connections that are ready are the
  /// channel's to drain.
  func shutDown()
}

/// The channel as its policy sees it.
package protocol LoadBalancerHost: AnyObject {
  var executor: LoopExecutor { get }
  var settings: LoadBalancerSettings { get }
  /// The picker for all calls from now on, and for those that wait. Until the first one, calls wait.
  func publish(_ state: ConnectivityState, _ picker: any Picker)
  /// Has the resolver asked again (R9); the answer comes by `receive`, perhaps before this returns.
  func resolve()
  /// Makes a subchannel, idle at first.
  /// - Parameter executor: the loop of its connections, which may be another than the channel's: calls are relayed then.
  func makeSubchannel(to address: ConnectAddress, on executor: LoopExecutor) -> Subchannel
}

/// What a policy has to know of its channel.
package struct LoadBalancerSettings: Sendable {
  /// Where the channel leads to, for errors.
  package var destination: Destination
  package var isPlaintext: Bool
  /// How long the latest attempt to connect has before the next address is tried beside it (R29).
  package var attemptDelay: Duration
  package var logger: Logger
}

/// Makes a channel's policy, when the channel is first used. The host outlives it, so the policy refers to it `unowned`.
package typealias LoadBalancerFactory = @Sendable (_ host: any LoadBalancerHost) -> any LoadBalancer
