// An etcd with its own store, on a port chosen by the system.
import EtcdStubs
import Foundation
import Freshet
import TestSupport

struct Etcd: Sendable {
  /// A line of its log.
  struct Line: Decodable, Sendable {
    var msg: String?
    var address: String?
  }

  let target: String
  private let process: PeerProcess<Line>

  static func start(_ security: Security, _ credentials: Credentials, in folder: TemporaryFolder) async throws -> Etcd {
    let scheme = security == .h2c ? "http" : "https"
    // Only the tests connect, so the URLs advertised to other members of a cluster do not matter.
    var arguments = [
      "--data-dir", folder / "etcd-\(scheme)",
      "--listen-client-urls", "\(scheme)://127.0.0.1:0", "--advertise-client-urls", "\(scheme)://127.0.0.1:0",
      "--listen-peer-urls", "http://127.0.0.1:0", "--initial-advertise-peer-urls", "http://127.0.0.1:0",
      "--initial-cluster", "default=http://127.0.0.1:0", "--enable-grpc-gateway=false",
      "--logger", "zap", "--log-outputs", "stdout",
    ]
    if security != .h2c {
      let files = credentials.serverFiles
      arguments += ["--cert-file", files.certificate, "--key-file", files.key]
    }
    if security == .mutualTLS {
      arguments += ["--client-cert-auth", "--trusted-ca-file", credentials.authorityFile]
    }
    let process: PeerProcess<Line> = try Software.etcd.start(arguments)
    let ready = try await process.line("it serves") { $0.msg?.hasPrefix("serving client traffic") == true }
    return Etcd(target: "ipv4:\(ready.address ?? "")", process: process)
  }

  func stop() async throws { try await process.stop() }
}

/// Our client's stubs for one etcd.
struct EtcdClient: Sendable {
  let channel: RPCChannel
  let keys: Etcdserverpb_KV.Client
  let watch: Etcdserverpb_Watch.Client
  let lease: Etcdserverpb_Lease.Client
  let maintenance: Etcdserverpb_Maintenance.Client

  init(_ channel: RPCChannel) {
    self.channel = channel
    keys = Etcdserverpb_KV.Client(channel)
    watch = Etcdserverpb_Watch.Client(channel)
    lease = Etcdserverpb_Lease.Client(channel)
    maintenance = Etcdserverpb_Maintenance.Client(channel)
  }

  /// Puts a key.
  /// - Returns: the store's revision afterwards.
  @discardableResult
  func put(_ key: String, _ value: String, lease: Int64 = 0) async throws -> Int64 {
    let response: Etcdserverpb_PutResponse = try await keys.put(
      .with {
        $0.key = Data(key.utf8)
        $0.value = Data(value.utf8)
        $0.lease = lease
      })
    return response.header.revision
  }

  /// Reads all keys with a prefix, as of a revision; 0 for now.
  func range(prefix: String, revision: Int64 = 0) async throws -> Etcdserverpb_RangeResponse {
    try await keys.range(
      .with {
        $0.key = Data(prefix.utf8)
        $0.rangeEnd = Data(prefix.utf8) + [0xff]
        $0.revision = revision
        $0.sortOrder = .ascend
      })
  }
}

extension Etcdserverpb_WatchRequest {
  /// Watches all keys with a prefix, from a revision on; 0 from now on.
  static func create(prefix: String, from revision: Int64 = 0, id: Int64 = 0) -> Self {
    .with {
      $0.createRequest = .with {
        $0.key = Data(prefix.utf8)
        $0.rangeEnd = Data(prefix.utf8) + [0xff]
        $0.startRevision = revision
        $0.watchID = id
      }
    }
  }
}

extension Mvccpb_KeyValue {
  var keyText: String { String(decoding: key, as: UTF8.self) }
  var valueText: String { String(decoding: value, as: UTF8.self) }
}

/// Runs one case with our client and the shared etcd.
func withEtcd(
  _ name: String, _ security: Security, _ body: @escaping @Sendable (EtcdClient) async throws -> Void
) async throws {
  try await realSoftware(.etcd, name, client: .freshet, security) { stage in
    let etcd = try await stage.etcd(security)
    let tls = stage.credentials.clientConfiguration(security)
    try await withChannel(RPCChannel(etcd.target, tls: tls)) { try await body(EtcdClient($0)) }
  }
}
