// Handlers by the bytes of their paths.
import FreshetCore
import FreshetTransport
import NIOCore
import TestSupport
import Testing

@testable import FreshetServer

@Suite struct RouterTests {
  private struct Wide: RPCService {
    var methodHandlers: [MethodHandler]

    init(_ service: String, _ count: Int) {
      methodHandlers = (0..<count).map { number in
        MethodHandler.unary(
          MethodDescriptor(
            service: service, method: "M\(number)", kind: .unary, requestCodec: BytesCodec(),
            responseCodec: BytesCodec())
        ) { request, _ in request }
      }
    }
  }

  private func find(_ router: Router, _ path: String) -> MethodHandler? {
    Array(path.utf8).withUnsafeBytes { router.find($0)?.handler }
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 31, 32, 33, 1_000])
  func `every method of every service is found, and nothing else`(count: Int) {
    let router = Router([Wide("a", count), Wide("b", count)], execution: .eventLoop)
    for service in ["a", "b"] {
      for number in 0..<count { #expect(find(router, "/\(service)/M\(number)")?.path == "/\(service)/M\(number)") }
    }
    for path in ["", "/", "/a/M\(count)", "/c/M0", "/a/m0", "a/M0", "/a/M0 ", "/a/M"] {
      #expect(find(router, path)?.path == nil)
    }
  }

  @Test func `a method of two services does not trap: the first has it, and run throws`() async throws {
    #expect(Router([Wide("a", 3), Wide("b", 3)], execution: .eventLoop).ambiguousPath == nil)
    let router = Router([Wide("a", 2), Wide("a", 1)], execution: .eventLoop)
    #expect(router.ambiguousPath == "/a/M0")
    #expect(find(router, "/a/M0") != nil && find(router, "/a/M1") != nil)
    let server = Server(services: [Wide("a", 2), Wide("a", 1)])
    let error = await #expect(throws: TransportError.self) {
      try await server.run(on: .tcp(host: "127.0.0.1", port: 0))
    }
    #expect(error?.message == "two services serve the method /a/M0")
  }

  @Test(arguments: 0..<20)
  func `random paths are not found`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let router = Router([Wide("a", 100)], execution: .eventLoop)
    for _ in 0..<500 {
      let path = (0..<Int.random(in: 0...12, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(path.withUnsafeBytes { router.find($0)?.handler.path } == nil)
    }
  }

  @Test func `a handler runs where its service says, else as the server is configured`() {
    let own = Router([BytesService(unary: { r, _ in r }, execution: .globalPool)], execution: .eventLoop)
    #expect(find(own, "/test.Bytes/Unary")?.execution == .globalPool)
    let servers = Router([BytesService(unary: { r, _ in r })], execution: .globalPool)
    #expect(find(servers, "/test.Bytes/Unary")?.execution == .globalPool)
    let plain = Router([BytesService(unary: { r, _ in r })], execution: .eventLoop)
    #expect(find(plain, "/test.Bytes/Unary")?.execution == .eventLoop)
  }
}
