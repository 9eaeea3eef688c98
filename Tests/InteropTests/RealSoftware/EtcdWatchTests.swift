// Watches of etcd: bidirectional calls in which the server sends at its own initiative.
import EtcdStubs
import Foundation
import Freshet
import TestSupport
import Testing

extension RealSoftwareTests {
  @Suite(.serialized) struct EtcdWatchTests {
    @Test(arguments: EtcdCallTests.securities)
    func `A watch sees 1,000 puts in order`(_ security: Security) async throws {
      try await withEtcd("watch: 1,000 puts in order", security) { etcd in
        let call = etcd.watch.watch()
        try await call.send(.create(prefix: "order/"))
        var responses = call.responses.makeAsyncIterator()
        let created = try #require(try await responses.next())
        #expect(created.created)
        async let revisions = putThousand(etcd, "order/", value: "")
        let events = try await events(1_000, from: &responses)
        #expect(events.allSatisfy { $0.type == .put })
        #expect(events.map(\.kv.keyText) == (0..<1_000).map { "order/\($0)" })
        #expect(try await events.map(\.kv.modRevision) == revisions)
        try await call.send(.with { $0.cancelRequest = .with { $0.watchID = created.watchID } })
        #expect(try await responses.next()?.canceled == true)
        // The end of the requests does not end a watch: etcd keeps it until the call is cancelled.
        call.finish()
        call.cancel()
        let error = await #expect(throws: RPCError.self) { try await responses.next() }
        #expect(error?.code == .cancelled)
      }
    }

    @Test(arguments: EtcdCallTests.securities)
    func `A watch that is not read for a while loses no events`(_ security: Security) async throws {
      try await withEtcd("watch: nobody reads for 1,000 puts", security) { etcd in
        let call = etcd.watch.watch()
        try await call.send(.create(prefix: "slow/"))
        var responses = call.responses.makeAsyncIterator()
        #expect(try await responses.next()?.created == true)
        // A megabyte: four times the stream's window.
        let revisions = try await putThousand(etcd, "slow/", value: String(repeating: "x", count: 1_000))
        let events = try await events(1_000, from: &responses)
        #expect(events.map(\.kv.modRevision) == revisions)
        #expect(events.allSatisfy { $0.kv.value.count == 1_000 })
      }
    }

    @Test(arguments: EtcdCallTests.securities)
    func `Two watchers in one call each get their own events, including past ones`(_ security: Security) async throws {
      try await withEtcd("watch: two watchers, one into the past", security) { etcd in
        let revision = try await etcd.put("two/left/1", "before")
        try await etcd.put("two/right/1", "before")
        let call = etcd.watch.watch()
        try await call.send(.create(prefix: "two/left/", from: revision, id: 7))
        try await call.send(.create(prefix: "two/right/", id: 8))
        var responses = call.responses.makeAsyncIterator()
        var (created, seen): (Set<Int64>, [Int64: [String]]) = ([], [:])
        while created.count < 2 || seen[7, default: []].isEmpty {
          let response = try #require(try await responses.next())
          if response.created { created.insert(response.watchID) }
          seen[response.watchID, default: []] += response.events.map(\.kv.keyText)
        }
        let _: Etcdserverpb_DeleteRangeResponse = try await etcd.keys.deleteRange(
          .with { $0.key = Data("two/right/1".utf8) })
        var last: Mvccpb_Event?
        while last == nil {
          let response = try #require(try await responses.next())
          #expect(response.watchID == 8)
          last = response.events.last
        }
        #expect(last?.type == .delete && last?.kv.keyText == "two/right/1")
        #expect(seen[7] == ["two/left/1"])
      }
    }

    @Test(
      arguments: EtcdCallTests.securities)
    func `etcd cancels a watch of compacted revisions and names the oldest one left`(_ security: Security) async throws
    {
      try await withEtcd("watch: compacted revision", security) { etcd in
        let revision = try await etcd.put("compacted/a", "1")
        let last = try await etcd.put("compacted/a", "2")
        let _: Etcdserverpb_CompactionResponse = try await etcd.keys.compact(.with { $0.revision = last })
        let call = etcd.watch.watch()
        try await call.send(.create(prefix: "compacted/", from: revision))
        for try await response in call.responses where response.canceled {
          #expect(response.compactRevision == last)
          break
        }
      }
    }

    @Test(arguments: EtcdCallTests.securities)
    func `C4: an idle watch ends at its deadline`(_ security: Security) async throws {
      try await withEtcd("watch: deadline", security) { etcd in
        let call = etcd.watch.watch(options: CallOptions(timeout: .seconds(2)))
        let error = await #expect(throws: RPCError.self) {
          try await call.send(.create(prefix: "deadline/"))
          for try await _ in call.responses {}
        }
        // etcd's timer races ours, and ends its watch without a status.
        if error?.code == .unknown {
          #expect(error?.origin == .peer && error?.message == "context deadline exceeded")
          remark("was UNKNOWN: etcd noticed first, and its watch says “context deadline exceeded” without a status")
        } else {
          #expect(error?.code == .deadlineExceeded)
        }
        try await etcd.put("deadline/after", "the connection lives")
      }
    }

    /// - Returns: the revision of each put.
    private func putThousand(_ etcd: EtcdClient, _ prefix: String, value: String) async throws -> [Int64] {
      var revisions: [Int64] = []
      for number in 0..<1_000 { revisions.append(try await etcd.put("\(prefix)\(number)", value)) }
      return revisions
    }

    /// Reads until this many events have arrived.
    private func events(
      _ count: Int, from responses: inout ResponseStream<Etcdserverpb_WatchResponse>.AsyncIterator
    ) async throws -> [Mvccpb_Event] {
      var events: [Mvccpb_Event] = []
      while events.count < count {
        guard let response = try await responses.next() else { break }
        events += response.events
      }
      return events
    }
  }
}
