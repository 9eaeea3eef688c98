// One call as described by the runner: target, requests and method.
import ConformanceStubs
import ConformanceSupport
import Freshet
import FreshetCompressions
import FreshetWeb
import SwiftProtobuf

struct DescribedCall {
  let request: ClientCompatRequest
  let options: CallOptions
  private let tls: TLSConfiguration?
  private let callProtocol: CallProtocol
  private let http: ChannelHTTPVersion
  private let configuration: ChannelConfiguration

  /// The runner requests something that this client does not support.
  struct Unsupported: Error, CustomStringConvertible {
    var description: String
  }

  init(_ request: ClientCompatRequest) throws {
    self.request = request
    options = try CallOptions(request)
    tls = TLSConfiguration.client(of: request)
    callProtocol = try CallProtocol(request)
    http = try ChannelHTTPVersion(request)
    configuration = try ChannelConfiguration(request)
    if callProtocol == .grpc, http == .http1 { throw Unsupported(description: "gRPC over HTTP/1.1") }
  }

  /// The result of the call, on a channel of its own.
  func result() async throws -> ClientResponseResult {
    let host = request.host.contains(":") ? "[\(request.host)]" : request.host
    let channel = RPCChannel(
      "dns:///\(host):\(request.port)", protocol: callProtocol, http: http, tls: tls, configuration: configuration)
    // A deadline applies to the call, not the handshake. If the channel cannot connect, the call reports it.
    try? await channel.connect()
    let result = await Result { try await self.result(on: channel) }
    await channel.shutdown(grace: .zero)
    return try result.get()
  }

  private func result(on channel: RPCChannel) async throws -> ClientResponseResult {
    typealias Methods = ConformanceService.Methods
    _ = ConformanceService.Client(channel)  // registers the schema's messages, which JSON needs for Any
    switch request.method {
    case "Unary": return try await unary(Methods.unary, on: channel)
    case "IdempotentUnary": return try await unary(Methods.idempotentUnary, on: channel)
    case "Unimplemented": return try await unary(Methods.unimplemented, on: channel)
    case "ServerStream": return try await serverStream(Methods.serverStream, on: channel)
    case "ClientStream": return try await clientStream(Methods.clientStream, on: channel)
    case "BidiStream": return try await bidiStream(Methods.bidiStream, on: channel)
    case let other: throw Unsupported(description: "there is no method “\(other)”")
    }
  }

  /// The requests to send.
  func messages<M: SwiftProtobuf.Message>(_ type: M.Type = M.self) throws -> [M] {
    try request.requestMessages.map { try M(unpackingAny: $0) }
  }

  /// The request of a method that takes one.
  func onlyMessage<M: SwiftProtobuf.Message>(_ type: M.Type = M.self) throws -> M {
    let all = try messages(M.self)
    guard all.count == 1 else { throw Unsupported(description: "\(all.count) requests for a method that takes one") }
    return all[0]
  }

  /// Waits before each request, as long as the runner wants.
  func waitBeforeRequest() async throws { try await Task.sleep(for: .milliseconds(request.requestDelayMs)) }
}

extension CallOptions {
  fileprivate init(_ request: ClientCompatRequest) throws {
    self.init(metadata: Metadata(request.requestHeaders))
    switch request.compression {
    case .unspecified, .identity: break
    case .gzip: compression = .gzip
    case .deflate: compression = .deflate
    case .zstd: compression = .zstd
    case .br: compression = .brotli
    case let other: throw DescribedCall.Unsupported(description: "the compression \(other)")
    }
    if request.hasTimeoutMs { timeout = .milliseconds(request.timeoutMs) }
    if request.messageReceiveLimit > 0 { maxReceiveMessageBytes = Int(request.messageReceiveLimit) }
  }
}

extension CallProtocol {
  fileprivate init(_ request: ClientCompatRequest) throws {
    switch request.protocol {
    case .grpc, .unspecified: self = .grpc
    case .grpcWeb: self = .grpcWeb
    case .connect: self = request.useGetHTTPMethod ? .connectGET : .connect
    case let other: throw DescribedCall.Unsupported(description: "the protocol \(other)")
    }
  }
}

extension ChannelHTTPVersion {
  fileprivate init(_ request: ClientCompatRequest) throws {
    switch request.httpVersion {
    case .httpVersion1: self = .http1
    case .httpVersion2, .unspecified: self = .http2
    case let other: throw DescribedCall.Unsupported(description: "the version of HTTP \(other)")
    }
  }
}

extension ChannelConfiguration {
  fileprivate init(_ request: ClientCompatRequest) throws {
    self.init()
    compressions = CompressionRegistry([.gzip, .deflate, .zstd, .brotli])
    switch request.codec {
    case .proto, .unspecified: break
    case .json: format = "json"
    case let other: throw DescribedCall.Unsupported(description: "the codec \(other)")
    }
  }
}

extension TLSConfiguration {
  fileprivate static func client(of request: ClientCompatRequest) -> TLSConfiguration? {
    if request.serverTlsCert.isEmpty { return nil }
    let creds = request.clientTlsCreds
    let identity = TLSIdentity(certificateChain: .bytes(Array(creds.cert)), privateKey: .bytes(Array(creds.key)))
    return .client(
      trustRoots: .certificates([.bytes(Array(request.serverTlsCert))]),
      identity: request.hasClientTlsCreds ? identity : nil)
  }
}

extension Result where Failure == any Error, Success: Sendable {
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
