// Keys, transactions and errors of etcd, which uses grpc-go.
import EtcdStubs
import Foundation
import Freshet
import TestSupport
import Testing

extension RealSoftwareTests {
  /// For plaintext etcd uses grpc-go's own HTTP/2, for TLS that of Go's net/http.
  @Suite(.serialized) struct EtcdCallTests {
    static let securities: [Security] = [.h2c, .mutualTLS]

    @Test(arguments: securities)
    func `A key is put, read and deleted`(_ security: Security) async throws {
      try await withEtcd("put, range, delete", security) { etcd in
        for number in 1...3 { try await etcd.put("plain/\(number)", "value \(number)") }
        let found = try await etcd.range(prefix: "plain/")
        #expect(found.kvs.map(\.keyText) == ["plain/1", "plain/2", "plain/3"])
        #expect(found.kvs.map(\.valueText) == ["value 1", "value 2", "value 3"])
        #expect(found.count == 3 && !found.more)
        let previous: Etcdserverpb_PutResponse = try await etcd.keys.put(
          .with {
            $0.key = Data("plain/2".utf8)
            $0.value = Data([0, 0xff])
            $0.prevKv = true
          })
        #expect(previous.prevKv.valueText == "value 2" && previous.prevKv.version == 1)
        let deleted: Etcdserverpb_DeleteRangeResponse = try await etcd.keys.deleteRange(
          .with {
            $0.key = Data("plain/2".utf8)
            $0.rangeEnd = Data("plain/4".utf8)
            $0.prevKv = true
          })
        #expect(deleted.deleted == 2)
        #expect(deleted.prevKvs.map(\.value) == [Data([0, 0xff]), Data("value 3".utf8)])
        #expect(try await etcd.range(prefix: "plain/").kvs.map(\.keyText) == ["plain/1"])
      }
    }

    @Test(arguments: securities)
    func `A transaction takes the branch that its comparison selects`(_ security: Security) async throws {
      try await withEtcd("txn", security) { etcd in
        let request = Etcdserverpb_TxnRequest.with {
          $0.compare = [
            .with {
              $0.target = .create
              $0.key = Data("txn/lock".utf8)
              $0.createRevision = 0  // there is no such key
            }
          ]
          $0.success = [
            .with { $0.requestPut = .with { ($0.key, $0.value) = (Data("txn/lock".utf8), Data("mine".utf8)) } }
          ]
          $0.failure = [.with { $0.requestRange = .with { $0.key = Data("txn/lock".utf8) } }]
        }
        let first: Etcdserverpb_TxnResponse = try await etcd.keys.txn(request)
        #expect(first.succeeded)
        #expect(first.responses.first?.responsePut.header.revision == first.header.revision)
        let second: Etcdserverpb_TxnResponse = try await etcd.keys.txn(request)
        #expect(!second.succeeded)
        #expect(second.responses.first?.responseRange.kvs.map(\.valueText) == ["mine"])
      }
    }

    @Test(arguments: securities)
    func `200 puts at the same time on one channel`(_ security: Security) async throws {
      try await withEtcd("200 puts in parallel", security) { etcd in
        let revisions = try await withThrowingTaskGroup(of: Int64.self) { group in
          for number in 0..<200 { group.addTask { try await etcd.put("parallel/\(number)", "\(number)") } }
          return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(revisions.count == 200)
        let found = try await etcd.range(prefix: "parallel/")
        #expect(found.count == 200)
        #expect(found.kvs.allSatisfy { $0.keyText == "parallel/\($0.valueText)" })
      }
    }

    @Test(arguments: securities)
    func `A value of a megabyte comes back whole`(_ security: Security) async throws {
      try await withEtcd("1 MB value", security) { etcd in
        let value = Data(largeText(bytes: 1_000_000).utf8)
        let _: Etcdserverpb_PutResponse = try await etcd.keys.put(
          .with { ($0.key, $0.value) = (Data("large".utf8), value) })
        #expect(try await etcd.range(prefix: "large").kvs.first?.value == value)
      }
    }

    @Test(arguments: securities)
    func `The whole database is streamed in pieces`(_ security: Security) async throws {
      try await withEtcd("snapshot (server stream)", security) { etcd in
        let status: Etcdserverpb_StatusResponse = try await etcd.maintenance.status(Etcdserverpb_StatusRequest())
        #expect(try Software.etcd.version() == status.version)
        var pieces: [Etcdserverpb_SnapshotResponse] = []
        for try await piece in etcd.maintenance.snapshot(Etcdserverpb_SnapshotRequest()) { pieces.append(piece) }
        let sum = pieces.popLast()
        #expect(sum?.blob.count == 32, "the SHA-256 of the pieces before it")
        let sizes = pieces.map { UInt64($0.blob.count) }
        let rest = sizes.indices.map { sizes[($0 + 1)...].reduce(0, +) }
        #expect(pieces.map(\.remainingBytes) == rest)
        #expect(sizes.reduce(0, +) >= 16_384, "bbolt's empty file has four pages of 4 KiB")
      }
    }

    @Test(arguments: securities)
    func `Errors arrive with code and message`(_ security: Security) async throws {
      try await withEtcd("errors: code and message", security) { etcd in
        let revision = try await etcd.put("errors/a", "old")
        try await etcd.put("errors/a", "new")
        let compaction: Response<Etcdserverpb_CompactionResponse> = try await etcd.keys.compact(
          .with { $0.revision = revision + 1 })
        #expect(compaction.message.header.revision > revision)
        await expect(.outOfRange, "etcdserver: mvcc: required revision has been compacted") {
          _ = try await etcd.range(prefix: "errors/", revision: revision)
        }
        await expect(.outOfRange, "etcdserver: mvcc: required revision is a future revision") {
          _ = try await etcd.range(prefix: "errors/", revision: revision + 1_000_000)
        }
        await expect(.invalidArgument, "etcdserver: key is not provided") { try await etcd.put("", "nowhere") }
        await expect(.notFound, "etcdserver: requested lease not found") {
          try await etcd.put("errors/b", "value", lease: 4_711)
        }
        await expect(.notFound, "etcdserver: requested lease not found") {
          let _: Etcdserverpb_LeaseRevokeResponse = try await etcd.lease.leaseRevoke(.with { $0.id = 4_711 })
        }
        await expect(.invalidArgument, "etcdserver: duplicate key given in txn request") {
          let put = Etcdserverpb_RequestOp.with { $0.requestPut = .with { $0.key = Data("errors/c".utf8) } }
          let _: Etcdserverpb_TxnResponse = try await etcd.keys.txn(.with { $0.success = [put, put] })
        }
      }
    }

    @Test(
      arguments: securities)
    func `A request that is too large is refused, by etcd or by its gRPC, and the connection stays open`(
      _ security: Security
    ) async throws {
      try await withEtcd("errors: request too large", security) { etcd in
        await expect(.invalidArgument, "etcdserver: request is too large") {  // --max-request-bytes, 1.5 MiB
          try await etcd.put("too-large", String(repeating: "x", count: 1_700_000))
        }
        // grpc-go's own limit is 512 KiB above etcd's.
        await expect(.resourceExhausted, "grpc: received message larger than max (3000016 vs. 2097152)") {
          try await etcd.put("too-large", String(repeating: "x", count: 3_000_000))
        }
        let found = try await etcd.range(prefix: "too-large").count
        #expect(found == 0)
      }
    }

    @Test(arguments: securities)
    func `C2: an unknown method is UNIMPLEMENTED, as reported by etcd`(_ security: Security) async throws {
      try await withEtcd("errors: unknown service and method", security) { etcd in
        for (service, method) in [("etcdserverpb.KV", "Shout"), ("etcdserverpb.Opera", "Sing")] {
          let descriptor = MethodDescriptor<Etcdserverpb_StatusRequest, Etcdserverpb_StatusResponse>(
            service: service, method: method, kind: .unary, requestCodec: ProtobufCodec(),
            responseCodec: ProtobufCodec())
          let error = await #expect(throws: RPCError.self) {
            try await etcd.channel.unary(descriptor, Etcdserverpb_StatusRequest())
          }
          #expect(error?.code == .unimplemented && error?.origin == .peer, "\(error.map { "\($0)" } ?? "")")
        }
      }
    }

    @Test(arguments: securities)
    func `S5: an unsupported compression is UNIMPLEMENTED`(_ security: Security) async throws {
      try await withEtcd("errors: compression that it lacks", security) { etcd in
        let options = CallOptions(compression: .deflate)
        let error = await #expect(throws: RPCError.self) {
          let _: Etcdserverpb_PutResponse = try await etcd.keys.put(
            .with { $0.key = Data("compressed".utf8) }, options: options)
        }
        #expect(error?.code == .unimplemented)
        #expect(error?.message.contains("deflate") == true)
      }
    }

    @Test func `Without the required certificate, a call is UNAVAILABLE`() async throws {
      try await realSoftware(.etcd, "we have no certificate", client: .freshet, .mutualTLS) { stage in
        let target = try await stage.etcd(.mutualTLS).target
        let tls = stage.credentials.clientConfiguration(.mutualTLS, withIdentity: false)
        try await withChannel(RPCChannel(target, tls: tls)) { channel in
          let error = await #expect(throws: RPCError.self) { try await EtcdClient(channel).put("a", "b") }
          #expect(error?.code == .unavailable)
        }
      }
    }
  }
}

/// Expects this status from the peer.
private func expect(
  _ code: Status.Code, _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ call: () async throws -> Void
) async {
  let error = await #expect(throws: RPCError.self, sourceLocation: sourceLocation) { try await call() }
  #expect(error?.status == Status(code: code, message: message), sourceLocation: sourceLocation)
  #expect(error?.origin == .peer, sourceLocation: sourceLocation)
}
