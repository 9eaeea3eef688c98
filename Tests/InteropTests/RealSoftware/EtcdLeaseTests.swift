// Leases of etcd: a bidirectional call that lasts a minute with little traffic.
import EtcdStubs
import Foundation
import Freshet
import TestSupport
import Testing

extension RealSoftwareTests {
  /// Not serialized, and parallel to all other tests: these mostly wait.
  @Suite struct EtcdLeaseTests {
    /// In seconds. Other tests may delay a renewal, but not for this long.
    private static let timeToLive: Int64 = 15

    @Test(
      arguments: EtcdCallTests.securities)
    func `A lease lives while a stream renews it, and expires afterwards`(_ security: Security) async throws {
      try await withEtcd("lease kept alive for a minute", security) { etcd in
        let (kept, left) = (try await grant(etcd), try await grant(etcd))
        try await etcd.put("lease/kept", "", lease: kept)
        try await etcd.put("lease/left", "", lease: left)
        let watch = etcd.watch.watch()
        try await watch.send(.create(prefix: "lease/"))
        let deleted = EventLog<String>()
        let watching = Task {
          for try await response in watch.responses {
            for event in response.events where event.type == .delete { deleted.record(event.kv.keyText) }
          }
        }
        defer { watching.cancel() }

        try await renew(kept, etcd, for: .seconds(60))
        // An unrenewed lease expires within that minute.
        try await deleted.next("etcd deletes the key of the other lease", within: .seconds(60)) { $0 == "lease/left" }
        #expect(deleted.untaken.isEmpty)

        try await deleted.next("etcd deletes the key", within: .seconds(120)) { $0 == "lease/kept" }
        #expect(try await etcd.range(prefix: "lease/").count == 0)
        let gone: Etcdserverpb_LeaseTimeToLiveResponse = try await etcd.lease.leaseTimeToLive(.with { $0.id = kept })
        #expect(gone.ttl == -1)
      }
    }

    @Test(arguments: EtcdCallTests.securities)
    func `Renewing an expired lease reports no time left`(_ security: Security) async throws {
      try await withEtcd("lease revoked", security) { etcd in
        let lease = try await grant(etcd)
        try await etcd.put("revoked/a", "", lease: lease)
        let call = etcd.lease.leaseKeepAlive()
        var answers = call.responses.makeAsyncIterator()
        try await call.send(.with { $0.id = lease })
        #expect(try await answers.next()?.ttl == Self.timeToLive)
        let _: Etcdserverpb_LeaseRevokeResponse = try await etcd.lease.leaseRevoke(.with { $0.id = lease })
        #expect(try await etcd.range(prefix: "revoked/").count == 0)
        try await call.send(.with { $0.id = lease })
        #expect(try await answers.next()?.ttl == 0)
        call.finish()
        #expect(try await answers.next() == nil)
      }
    }

    /// - Returns: the lease's number.
    private func grant(_ etcd: EtcdClient) async throws -> Int64 {
      let lease: Etcdserverpb_LeaseGrantResponse = try await etcd.lease.leaseGrant(.with { $0.ttl = Self.timeToLive })
      #expect(lease.ttl == Self.timeToLive)
      return lease.id
    }

    /// Renews a lease every second on one stream, then ends the stream.
    private func renew(_ lease: Int64, _ etcd: EtcdClient, for duration: Duration) async throws {
      let call = etcd.lease.leaseKeepAlive()
      var answers = call.responses.makeAsyncIterator()
      let start = ContinuousClock.now
      while start.duration(to: .now) < duration {
        try await call.send(.with { $0.id = lease })
        let answer = try #require(try await answers.next())
        #expect(answer.id == lease && answer.ttl == Self.timeToLive)
        // Time itself is under test.
        _ = try? await EventLog<Never>().next("nothing happens", within: .seconds(1))
      }
      call.finish()
      #expect(try await answers.next() == nil)
    }
  }
}
