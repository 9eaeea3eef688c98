// `conformance-server`: the server that a conformance runner tests. It reads its settings from standard input, prints
// its address on standard output, and serves until SIGTERM.
import ConformanceStubs
import ConformanceSupport
import Foundation
import Freshet
import FreshetCompressions
import FreshetWeb

@main
struct ConformanceServer {
  static func main() async {
    await ConformanceProgram.run("conformance-server") { try await serve() }
  }

  private static func serve() async throws {
    let pipe = RunnerPipe()
    guard let request = try await pipe.next(ServerCompatRequest.self) else {
      throw RunnerPipe.BadInput(
        description: "standard input is empty: a conformance runner writes a ServerCompatRequest there")
    }
    var configuration = ServerConfiguration()
    configuration.drainTimeout = .seconds(2)  // the runner waits five seconds for the end
    if request.messageReceiveLimit > 0 { configuration.maxReceiveMessageBytes = Int(request.messageReceiveLimit) }
    configuration.compressions = CompressionRegistry([.gzip, .deflate, .zstd, .brotli])
    let services = [EchoingService()]
    let server =
      request.isPlainGRPC
      ? Server(services: services, configuration: configuration)
      : Server(services: services, configuration: configuration, web: .init { $0.servesBidirectionalOverHTTP1 = true })
    try await server.run(on: .tcp(host: "127.0.0.1", port: 0), tls: request.tls) { address in
      let answer = ServerCompatResponse.with {
        $0.host = address.host
        $0.port = UInt32(address.port)
        if request.useTls { $0.pemCert = request.serverCreds.cert }
      }
      do {
        try pipe.write(answer)
      } catch {
        ConformanceProgram.exit("conformance-server", "cannot say where the server listens: \(error)")
      }
    }
  }
}

extension ServerCompatRequest {
  /// Whether the server has to speak gRPC over HTTP/2 alone.
  fileprivate var isPlainGRPC: Bool { `protocol` == .grpc && httpVersion != .httpVersion1 }

  fileprivate var tls: TLSConfiguration? {
    guard useTls else { return nil }
    let identity = TLSIdentity(
      certificateChain: .bytes(Array(serverCreds.cert)), privateKey: .bytes(Array(serverCreds.key)))
    if clientTlsCert.isEmpty { return .server(identity: identity) }
    return .server(identity: identity, clientCertificates: .require(.certificates([.bytes(Array(clientTlsCert))])))
  }
}
