// A channel with a policy controlled by the test, over scripted servers.
import FreshetCore
import FreshetTransport
import NIOCore
import Synchronization
import TestSupport

@testable import FreshetClient

/// Only records its events, and does what a test orders on the channel's loop.
// SAFETY: used on the channel's loop.
final class ManualPolicy: LoadBalancer, @unchecked Sendable {
  unowned let host: any LoadBalancerHost
  let heard: EventLog<String>
  private(set) var endpoints: [Endpoint] = []
  var subchannels: [Subchannel] = []
  /// The policy's own reaction.
  var react: (ManualPolicy) -> Void = { _ in }

  init(_ host: any LoadBalancerHost, _ heard: EventLog<String>) {
    self.host = host
    self.heard = heard
  }

  func exitIdle() {
    heard.record("exitIdle")
    react(self)
  }

  func receive(_ endpoints: [Endpoint]) {
    self.endpoints = endpoints
    heard.record("\(endpoints.count) endpoints")
    react(self)
  }

  func receive(resolverError error: TransportError) {
    heard.record("resolver: \(error)")
    react(self)
  }

  func subchannelChanged(_ subchannel: Subchannel) {
    let index = subchannels.firstIndex { $0 === subchannel }.map(String.init) ?? "?"
    switch subchannel.state {
    case .ready: heard.record("\(index) ready")
    case .idle: heard.record("\(index) idle")
    case .transientFailure(let error): heard.record("\(index) failed: \(error)")
    case .connecting, .shutDown: heard.record("\(index) odd")
    }
    react(self)
  }

  func shutDown() {
    heard.record("shutDown")
    for subchannel in subchannels { subchannel.shutDown() }
  }

  // MARK: Orders

  /// Creates a subchannel for each endpoint, and connects it.
  func connectAll(on executors: [LoopExecutor]? = nil) {
    let executors = executors ?? [host.executor]
    for (index, endpoint) in endpoints.enumerated() {
      subchannels.append(host.makeSubchannel(to: endpoint.addresses[0], on: executors[index % executors.count]))
      subchannels[index].connect()
    }
  }
}

/// Calls alternate between subchannels.
final class AlternatingPicker: Picker {
  private let subchannels: [Subchannel]
  private let next = Atomic(0)
  init(_ subchannels: [Subchannel]) { self.subchannels = subchannels }

  func pick(_ call: ClientCallRequest) -> PickResult {
    .complete(subchannels[next.add(1, ordering: .relaxed).oldValue % subchannels.count])
  }
}

struct DropPicker: Picker {
  let error: RPCError
  func pick(_ call: ClientCallRequest) -> PickResult { .drop(error) }
}

/// Connects to one scripted server or another, by the port.
struct SeveralServers: Connector {
  let servers: [ScriptedServer]

  func connect(
    to address: ConnectAddress, on executor: LoopExecutor, configuration: ConnectionConfiguration, timeout: Duration,
    delegate: any ConnectionDelegate, completion: @escaping Completion
  ) -> Connecting {
    guard case .ip(let ip, _) = address, let port = ip.port, servers.indices.contains(port) else {
      completion(.failure(TransportError(.connect, "no server at \(address)")))
      return Connecting()
    }
    return servers[port].connector.connect(
      to: address, on: executor, configuration: configuration, timeout: timeout, delegate: delegate,
      completion: completion)
  }
}

/// A channel with a manual policy.
struct ManualChannel {
  let channel: RPCChannel
  let servers: [ScriptedServer]
  let heard = EventLog<String>()
  private let made = Signal<ManualPolicy>()

  /// - Parameters:
  ///   - ports: of the endpoints that its resolver knows; those below `serverCount` have a server.
  ///   - react: the policy's own reaction, after each event.
  init(
    serverCount: Int = 2, ports: [Int] = [0, 1], configuration: ChannelConfiguration = ChannelConfiguration(),
    react: @escaping @Sendable (ManualPolicy) -> Void = { _ in }
  ) throws {
    servers = (0..<serverCount).map { _ in ScriptedServer() }
    let endpoints = try ports.map { Endpoint([.ip(try SocketAddress(ipAddress: "127.0.0.1", port: $0))]) }
    let heard = heard, made = made
    channel = RPCChannel(
      connector: SeveralServers(servers: servers), configuration: configuration.patient,
      resolver: { _, report in FixedResolver(endpoints, report: report) },
      policy: { host in
        let policy = ManualPolicy(host, heard)
        policy.react = react
        made.set(policy)
        return policy
      })
  }

  /// Runs a closure with the policy on its loop, once there is one.
  func order<Result: Sendable>(_ body: @escaping @Sendable (ManualPolicy) -> Result) async throws -> Result {
    let policy = try await made.value()
    return await channel.core.executor.call { body(policy) }
  }

  func unary(_ byte: UInt8 = 1, _ options: CallOptions = CallOptions()) -> Task<
    FreshetClient.Response<Bytes>, any Error
  > {
    Task { [channel] in try await channel.unary(method(.unary), Bytes(bytes: [byte]), options: options) }
  }

  func hears(_ event: String) async throws { _ = try await heard.next("\(event)") { $0 == event } }
}
