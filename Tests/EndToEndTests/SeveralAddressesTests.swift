// Channels whose target has several addresses, some of them bad (grpc-channel.md R29 to R31).
import Foundation
@testable import FreshetClient
import Freshet
import FreshetTransport
import NIOCore
import NIOPosix
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct SeveralAddressesTests {
  private let service = BytesService(unary: { request, _ in request })

  /// Attempts that do not end delay these channels as little as possible.
  private static var hasty: ChannelConfiguration {
    var configuration = ChannelConfiguration()
    configuration.connectionAttemptDelay = .milliseconds(1)  // becomes 100
    return configuration
  }

  private func target(_ ports: [Int]) -> String { "ipv4:" + ports.map { "127.0.0.1:\($0)" }.joined(separator: ",") }

  private func call(_ channel: RPCChannel) async throws {
    let sent = ByteBuffer(string: "hello")
    #expect(try await channel.unary(BytesService.unary, sent).message == sent)
  }

  // MARK: The next address is tried

  @Test(arguments: BadListener.Manner.allCases, [0, 1, 2])
  func `R29: one good address is enough, at any position`(manner: BadListener.Manner, place: Int) async throws {
    let bad = [try await BadListener(manner), try await BadListener(manner)]
    try await withServer([service]) { address in
      var ports = bad.map(\.port)
      ports.insert(address.port, at: place)
      try await withChannel(RPCChannel(target(ports), configuration: Self.hasty)) { try await call($0) }
    }
    withExtendedLifetime(bad) {}
  }

  @Test func `R29: after each bad address of a long list the next is tried`() async throws {
    var bad: [BadListener] = []
    for manner in BadListener.Manner.allCases { bad.append(try await BadListener(manner)) }
    try await withServer([service]) { address in
      try await withChannel(RPCChannel(target(bad.map(\.port) + [address.port]), configuration: Self.hasty)) {
        try await call($0)
      }
    }
    withExtendedLifetime(bad) {}
  }

  @Test func `R29: after a certificate with a wrong name or unknown authority the next address is tried`()
    async throws
  {
    let authority = TestAuthority(commonName: "test CA")
    let trusting = TLSConfiguration.client(trustRoots: .certificates([.bytes(authority.certificatePEM)]))
    let wrongName = TLSConfiguration.server(
      identity: authority.serverIdentity(dnsNames: ["other.example"], ipAddresses: []))
    let unknown = TLSConfiguration.server(identity: TestAuthority(commonName: "somebody's CA").serverIdentity())
    let good = TLSConfiguration.server(identity: authority.serverIdentity())
    try await withServer([service], tls: wrongName) { first in
      try await withServer([service], tls: unknown) { second in
        try await withServer([service]) { plain in
          try await withServer([service], tls: good) { last in
            let ports = [first, second, plain, last].map(\.port)
            try await withChannel(RPCChannel(target(ports), tls: trusting, configuration: Self.hasty)) {
              try await call($0)
            }
            try await withChannel(RPCChannel(target(Array(ports[..<3])), tls: trusting, configuration: Self.hasty)) {
              channel in
              let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
              for text in ports[..<3].map({ "127.0.0.1:\($0): TLS failed" }) + ["other.example"] {
                #expect(error.message.contains(text), "\(error.message)")
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: [BadListener.Manner.isSilent, .speaksHTTP1, .closesAtOnce, .isABlackHole])
  func `R29: a bad address delays TLS no more than plaintext`(manner: BadListener.Manner) async throws {
    let authority = TestAuthority(commonName: "test CA")
    let trusting = TLSConfiguration.client(trustRoots: .certificates([.bytes(authority.certificatePEM)]))
    let bad = try await BadListener(manner)
    try await withServer([service], tls: .server(identity: authority.serverIdentity())) { address in
      try await withChannel(RPCChannel(target([bad.port, address.port]), tls: trusting, configuration: Self.hasty)) {
        try await call($0)
      }
    }
  }

  @Test func `other attempts are closed when one is ready, and the channel works`() async throws {
    let silent = try await BadListener(.isSilent)
    try await withServer([service]) { address in
      try await withChannel(RPCChannel(target([silent.port, address.port]), configuration: Self.hasty)) { channel in
        try await call(channel)
        #expect(try await silent.clients.next("a client"))
        #expect(try await silent.clients.next("its end") == false)
        try await call(channel)
      }
    }
  }

  @Test func `R31: a lost connection is re-established over the whole list`() async throws {
    let bad = try await BadListener(.closesAtOnce)
    try await withServer([service]) { address in
      try await withChannel(RPCChannel(target([bad.port, address.port]), configuration: Self.hasty)) { channel in
        for _ in 0..<2 {
          try await call(channel)
          #expect(try await bad.clients.next("a client"))
          #expect(try await bad.clients.next("its end") == false)
          await channel.loseConnections()
        }
        try await call(channel)
      }
    }
  }

  // MARK: Only bad addresses

  @Test func `C10: when every address has failed, the error has each with its reason, and calls fail fast`()
    async throws
  {
    var bad: [(manner: BadListener.Manner, listener: BadListener)] = []
    for manner in BadListener.Manner.allCases where manner != .isSilent && manner != .isABlackHole {
      bad.append((manner, try await BadListener(manner)))
    }
    try await withChannel(RPCChannel(target(bad.map(\.listener.port)), configuration: Self.hasty)) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.code == .unavailable && error.origin == .local)
      let parts = error.message.components(separatedBy: "; ")
      #expect(parts.count == bad.count, "\(error.message)")
      for (part, (manner, listener)) in zip(parts, bad) {
        #expect(part.contains("ipv4:127.0.0.1:\(listener.port): "), "\(part)")
        // A listener that closes with unread bytes resets the connection, and the client may see the reset first.
        #expect(part.contains(manner.reason ?? "") || part.contains("reset by peer"), "\(part)")
      }
      let next = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(next.message == error.message)
    }
  }

  @Test func `an attempt that takes too long fails, with the setting that bounds it`() async throws {
    var configuration = Self.hasty
    configuration.connectTimeout = .seconds(2)  // a busy machine connects in time
    configuration.connection.handshakeTimeout = .milliseconds(150)
    let bad = [try await BadListener(.isSilent), try await BadListener(.isABlackHole)]
    try await withChannel(RPCChannel(target(bad.map(\.port)), configuration: configuration)) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.message.contains("127.0.0.1:\(bad[0].port): no HTTP/2 SETTINGS came within"), "\(error.message)")
      #expect(
        error.message.contains("127.0.0.1:\(bad[1].port): no answer within 2.0 seconds (connectTimeout)"),
        "\(error.message)")
    }
  }

  // MARK: Names

  /// A channel to a name of a test resolver.
  private func channel(
    _ port: Int, configuration: ChannelConfiguration = hasty, resolve: @escaping NameLookup.Resolve
  ) -> RPCChannel {
    let options = FreshetClient.ChannelOptions(
      connector: .success(SocketConnector(tls: nil, serverName: nil)),
      destination: .name(host: "both.test", port: port),
      authority: "both.test", scheme: "http", interceptors: [], configuration: configuration, resolve: resolve)
    return RPCChannel(FreshetClient.ChannelCore(options, on: LoopExecutor.of(configuration.eventLoopGroup.next())))
  }

  private static func local(_ hosts: [String]) -> NameLookup.Resolve {
    { _, port in try hosts.map { try SocketAddress(ipAddress: $0, port: port) } }
  }

  @Test(arguments: ["127.0.0.1", "::1"], [["::1", "127.0.0.1"], ["127.0.0.1", "::1"]])
  func `R29: of a name with addresses of both families, either may be good`(host: String, order: [String])
    async throws
  {
    try await withServer([service], on: .tcp(host: host, port: 0)) { address in
      try await withChannel(channel(address.port, resolve: Self.local(order))) { try await call($0) }
    }
  }

  @Test(arguments: ["dns:///localhost", "dns:///127.0.0.1", "127.0.0.1", "localhost"])
  func `a name is looked up by the system, and an address needs no lookup`(name: String) async throws {
    try await withServer([service]) { address in
      try await withChannel(RPCChannel("\(name):\(address.port)")) { try await call($0) }
    }
  }

  @Test(arguments: ["ipv6:[::1]", "dns:///[::1]", "[0:0::1]"])
  func `an IPv6 address is connected to`(name: String) async throws {
    try await withServer([service], on: .tcp(host: "::1", port: 0)) { address in
      try await withChannel(RPCChannel("\(name):\(address.port)")) { try await call($0) }
    }
  }

  @Test func `a zone is used for the connection`() async throws {
    let devices = try System.enumerateDevices()
    let linkLocal = devices.first { $0.address?.ipAddress?.hasPrefix("fe80::") == true }
    guard let device = linkLocal, let host = device.address?.ipAddress else { return }  // not every machine has one
    try await withServer([service], on: .tcp(host: "::", port: 0)) { address in
      for zone in ["%\(device.name)", "%25\(device.name)", "%\(device.interfaceIndex)"] {
        try await withChannel(RPCChannel("ipv6:[\(host)\(zone)]:\(address.port)")) { try await call($0) }
      }
      try await withChannel(RPCChannel("ipv6:[\(host)%none]:\(address.port),[\(host)%\(device.name)]:\(address.port)"))
      {
        try await call($0)
      }
    }
  }

  @Test func `a name without addresses is an error that names it`() async throws {
    try await withChannel(channel(7, resolve: Self.local([]))) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.message == "no connection: cannot connect to both.test:7: it has no address")
    }
  }

  @Test func `an unresponsive resolver is abandoned, and the next lookup waits for the same answer`() async throws {
    var configuration = Self.hasty
    configuration.connectTimeout = .milliseconds(50)
    let resolver = SlowResolver()
    try await withServer([service]) { address in
      try await withChannel(channel(address.port, configuration: configuration, resolve: resolver.resolve)) { channel in
        let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
        #expect(
          error.message
            == "no connection: cannot connect to both.test:\(address.port): the lookup took longer than 0.05 seconds (connectTimeout)"
        )
        resolver.answer()
        let patient = CallOptions(waitForReady: true)
        _ = try await channel.unary(BytesService.unary, ByteBuffer(), options: patient)
      }
    }
  }

  // MARK: Nothing is left behind

  @Test func `a channel that is shut down while it connects leaves no socket, timer or object`() async throws {
    let silent = try await BadListener(.isSilent), hole = try await BadListener(.isABlackHole)
    weak var core: FreshetClient.ChannelCore?
    do {
      let options = FreshetClient.ChannelOptions(
        target: target([silent.port, hole.port, silent.port + 1]), tls: nil, interceptors: [], configuration: Self.hasty
      )
      let made = FreshetClient.ChannelCore(options, on: LoopExecutor.of(Self.hasty.eventLoopGroup.next()))
      core = made
      let channel = RPCChannel(made)
      let call = Task {
        await rpcError {
          try await channel.unary(BytesService.unary, ByteBuffer(), options: CallOptions(waitForReady: true))
        }
      }
      #expect(try await silent.clients.next("a client"))
      await channel.shutdown(grace: .seconds(3600))
      let error = await call.value
      #expect(error.code == .unavailable && error.message.contains("shut down"), "\(error)")
    }
    #expect(try await silent.clients.next("the client's end") == false)
    #expect(await eventually { core == nil })
    #expect(Self.connecting(to: hole.port) <= BadListener.blackHoleClients)
  }

  @Test func `a channel that is shut down while its name is looked up is gone before the resolver answers`()
    async throws
  {
    let resolver = SlowResolver()
    weak var core: FreshetClient.ChannelCore?
    do {
      let channel = channel(7, resolve: resolver.resolve)
      core = channel.core
      let call = Task { await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) } }
      try await resolver.began.value()
      await channel.shutdown(grace: .seconds(3600))
      #expect(await call.value.message.contains("shut down"))
    }
    #expect(await eventually { core == nil })
    resolver.answer()
  }

  /// How many sockets of this machine wait for an answer from this port (Linux).
  private static func connecting(to port: Int) -> Int {
    let table = (try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)) ?? ""
    let digits = String(port, radix: 16, uppercase: true)
    let peer = "0100007F:" + String(repeating: "0", count: 4 - digits.count) + digits
    return table.split(separator: "\n").count { line in
      let columns = line.split(separator: " ")
      return columns.count > 3 && columns[2] == peer && columns[3] == "02"
    }
  }
}

/// Answers with 127.0.0.1 on command.
private final class SlowResolver: Sendable {
  let began = Signal<Void>()
  private let gate = DispatchSemaphore(value: 0)

  var resolve: NameLookup.Resolve {
    { [self] _, port in
      began.set()
      gate.wait()
      gate.signal()
      return [try SocketAddress(ipAddress: "127.0.0.1", port: port)]
    }
  }

  func answer() { gate.signal() }
}

extension RPCChannel {
  /// Closes the channel's connections, like a network.
  fileprivate func loseConnections() async {
    await core.executor.call { [core] in core.closeAll(TransportError(.socket, "lost")) }
  }
}
