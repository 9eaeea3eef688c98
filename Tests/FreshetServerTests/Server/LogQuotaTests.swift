// Limits on the log lines that clients can provoke, and the count of suppressed ones.
import FreshetCore
import FreshetTransport
import Logging
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetServer

@Suite struct LogQuotaTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000)

  private func written(_ quota: inout LogQuota, _ count: Int, peer: String?, at now: NIODeadline) -> Int {
    (0..<count).count { _ in quota.take(.givenUp, peer: peer, now: now) == .write }
  }

  @Test func `a peer has ten lines at once, then one per ten seconds`() {
    var quota = LogQuota()
    #expect(written(&quota, 1_000, peer: "a", at: start) == 10)
    #expect(written(&quota, 1_000, peer: "a", at: start + .seconds(10)) == 1)
    #expect(written(&quota, 1, peer: "b", at: start + .seconds(10)) == 1)
    #expect(quota.take(.strained, peer: "a", now: start + .seconds(10)) == .write)
  }

  @Test func `a kind has a hundred lines at once, and then ten a second`() {
    var quota = LogQuota()
    let lines = (0..<1_000).count { quota.take(.givenUp, peer: "\($0)", now: start) == .write }
    #expect(lines == 100)
    #expect((0..<1_000).count { quota.take(.givenUp, peer: "\($0)", now: start + .seconds(1)) == .write } == 10)
    #expect(written(&quota, 1_000, peer: nil, at: start + .seconds(2)) == 10)
  }

  @Test func `suppressed lines are counted, and the count is reset when read`() {
    var quota = LogQuota()
    _ = written(&quota, 10, peer: "a", at: start)
    #expect(quota.take(.givenUp, peer: "a", now: start) == .leaveOut)
    #expect(quota.take(.givenUp, peer: "a", now: start) == .leaveOutToo)
    let left = quota.takeLeftOut()
    #expect(left.count == 1 && left.first?.kind == .givenUp && left.first?.count == 2)
    #expect(quota.takeLeftOut().isEmpty)
    #expect(quota.take(.givenUp, peer: "a", now: start) == .leaveOut)
  }

  @Test func `memory is bounded for any number of peers`() {
    var quota = LogQuota()
    for number in 0..<1_000 { _ = quota.take(.givenUp, peer: "\(number)", now: start) }
    #expect(quota.peerCount == LogQuota.maxPeers)
  }

  @Test(arguments: [
    ("ipv4:192.0.2.1:1", "ipv4:192.0.2.1:65535", true), ("ipv4:192.0.2.1:1", "ipv4:192.0.2.2:1", false),
    ("ipv6:[2001:db8::1]:1", "ipv6:[2001:db8:0:0:ffff::2]:2", true),
    ("ipv6:[2001:db8::1]:1", "ipv6:[2001:db8:0:1::1]:1", false),
    ("ipv6:[::ffff:192.0.2.1]:1", "ipv6:[::ffff:192.0.2.2]:1", false), ("unix:/a:1", "unix:/a:2", false),
    ("unix:", "unix:", true),
  ])
  func `a peer is an IPv4 address, or an IPv6 network`(one: String, other: String, areSame: Bool) {
    #expect((PeerHost.of(one) == PeerHost.of(other)) == areSame)
  }

  @Test(.timeLimit(.minutes(5)))
  func `lines within the quota are logged, and later the number of the others`() async throws {
    let log = RecordedLog(), written = ServerLog(log.logger)
    let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
    for _ in 0..<1_000 {
      written.write(.givenUp, level: .warning, peer: "ipv4:192.0.2.1:1", on: executor, metadata: ["reason": "x"])
    }
    #expect(log.lines.count == 10)
    let line = try await log.line(containing: "log lines were left out")
    #expect(line.contains("count=990") && line.contains("line=connection given up"))
  }

  @Test func `lines below the logger's level are not counted`() {
    let log = RecordedLog()
    var logger = log.logger
    logger.logLevel = .warning
    let written = ServerLog(logger)
    let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
    for _ in 0..<1_000 { written.write(.givenUp, level: .debug, peer: "ipv4:192.0.2.1:1", on: executor, metadata: [:]) }
    written.write(.givenUp, level: .warning, peer: "ipv4:192.0.2.1:1", on: executor, metadata: [:])
    #expect(log.lines.count == 1)
  }

  private struct NoSuchThing: Error {}

  private static let faults: [(line: String, fault: @Sendable (ServerContext) throws -> Void)] = [
    ("a handler failed", { _ in throw NoSuchThing() }),
    ("metadata was not sent", { context in context.responseTrailers = ["key": "\u{7}"] }),
    (
      "a call of a handler failed",
      { _ in throw RPCError(code: .unavailable, message: "no", cause: TransportError(.connect, "no")) }
    ),
  ]

  @Test(.timeLimit(.minutes(5)), arguments: 0..<3) func `lines about calls are bounded, too`(_ number: Int) async throws
  {
    let log = RecordedLog(), (line, fault) = Self.faults[number]
    let service = BytesService(unary: { request, context in
      try fault(context)
      return request
    })
    var configuration = ServerConfiguration()
    configuration.logger = log.logger
    try await withPeer(service, configuration: configuration) { peer, _ async throws in
      for call in 0..<1_000 { _ = try await peer.call("/test.Bytes/Unary", UInt32(1 + 2 * call), [[1]]) }
    }
    let count = log.lines.count { $0.contains(line) }
    #expect((100..<900).contains(count), "\(count)")  // 100, and ten for each second that the calls take
  }
}
