// A server whose accept(2) fails, in a process of its own because the failure affects the whole process.
#if os(Linux)
  import Foundation
  import Freshet
  import GRPCTestingStubs
  import TestSupport
  import Testing

  /// Sanitizers interpose `accept4` before any preloaded library.
  @Suite(.enabled(if: !Sanitizer.isOn), .timeLimit(.minutes(3))) struct AcceptFailureTests {
    @Test(arguments: [
      EPERM, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, ECONNABORTED,
    ])
    func `per-connection accept errors are survived and logged once`(code: CInt) async throws {
      try await withServer { server in
        server.fail(20, with: code)
        try await server.call()
        #expect(server.failures == 20)
        try await server.expectOneEpisode(containing: "(errno \(code))")
      }
    }

    /// Timers never fire early, so the pauses take at least as long as their sum.
    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func `running out of descriptors or memory is survived with back-off and logged once`(code: CInt) async throws {
      try await withServer { server in
        server.fail(5, with: code)
        let start = ContinuousClock.now
        try await server.call()
        #expect(ContinuousClock.now - start >= .milliseconds(10 + 20 + 40 + 80 + 160))
        #expect(server.failures == 5)
        try await server.expectOneEpisode(containing: "(errno \(code))")
      }
    }

    @Test func `a server that ran out of descriptors recovers when some are free`() async throws {
      try await withServer(descriptors: 60) { server in
        let sockets = try (0..<80).map { _ in try LoopbackSocket.connected(to: server.port) }
        try await server.expectFailing(containing: "(errno \(EMFILE))")
        for socket in sockets { close(socket) }
        try await server.call()
        try await server.expectRecovery()
      }
    }

    @Test func `a listening socket that cannot be reopened ends the server with an error`() async throws {
      try await withServer { server in
        server.fail(-1, with: EINVAL)
        let socket = try LoopbackSocket.connected(to: server.port)
        defer { close(socket) }
        let poking = Task {
          while !Task.isCancelled {  // a new socket fails when a client connects
            if let socket = try? LoopbackSocket.connected(to: server.port) { close(socket) }
            await Task.yield()
          }
        }
        try await server.line(containing: "Error: cannot accept connections on 127.0.0.1:\(server.port)")
        poking.cancel()
        #expect(try await server.exitStatus() != 0)
      }
    }

    private func withServer(descriptors: Int = 1024, _ body: (FailingServer) async throws -> Void) async throws {
      let server = try await FailingServer(descriptors: descriptors)
      do {
        try await body(server)
      } catch {
        try? await server.stop()
        throw error
      }
      try await server.stop()
    }
  }

  /// interop-server with an `accept4` that fails on demand.
  private struct FailingServer {
    let port: Int
    private let process: PeerProcess<String>
    private let folder: TemporaryFolder
    private let numbers: SharedNumbers

    init(descriptors: Int) async throws {
      folder = try TemporaryFolder()
      let library = folder / "accept.so", source = Peers.script("accept/accept.c")
      let built = try await ProgramRun.of(
        "/usr/bin/env", ["clang", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], within: .seconds(60))
      guard built.status == 0 else { throw PeerFailure(description: "clang: \(built.output)") }
      numbers = try SharedNumbers(folder / "plan")
      process = try PeerProcess<String>(
        "/bin/sh", ["-c", "ulimit -n \(descriptors); exec \"$0\" --host 127.0.0.1 --port 0 2>&1", Self.program()],
        environment: ["LD_PRELOAD": library, "FRESHET_ACCEPT_PLAN": folder / "plan"]
      ) { String(decoding: $0, as: UTF8.self) }
      let ready = ": listening on 127.0.0.1:"
      let line = try await process.line("it listens") { $0.contains(ready) }
      port = try #require(line.components(separatedBy: ready).last.flatMap { Int($0) })
    }

    private static func program() throws -> String { try BuiltProgram.url("interop-server").path }

    /// - Parameter count: how many times; forever when negative.
    func fail(_ count: Int, with code: CInt) {
      numbers[3] = Int(code)
      numbers[2] = count
    }

    var failures: Int { numbers[1] }

    /// Makes a call on a new connection.
    func call() async throws {
      try await withChannel(RPCChannel("ipv4:127.0.0.1:\(port)")) { channel in
        _ = try await Grpc_Testing_TestService.Client(channel).emptyCall(
          .init(), options: CallOptions(timeout: .seconds(60), waitForReady: true))
      }
    }

    func line(containing text: String) async throws { try await process.line(text) { $0.contains(text) } }

    func expectOneEpisode(containing text: String) async throws {
      try await expectFailing(containing: text)
      try await expectRecovery()
    }

    func expectFailing(containing text: String) async throws {
      try await process.line("accepting fails, with the reason, \(text)") {
        $0.contains("connections cannot be accepted") && $0.contains(text)
      }
    }

    /// Also expects that nothing else was logged.
    func expectRecovery() async throws {
      try await process.line("accepting works again") { $0.contains("connections are accepted again") }
      #expect(process.untakenLines.filter { $0.contains("accepted") } == [])
    }

    func exitStatus() async throws -> Int32 { try await process.exitStatus() }

    func stop() async throws {
      process.signal(SIGTERM)
      try await process.stop()
      folder.remove()
    }
  }

  /// Four numbers in a file that another process maps as well.
  private final class SharedNumbers: @unchecked Sendable {
    // SAFETY: words are read and written whole; the other process uses atomics.
    private let words: UnsafeMutablePointer<Int>

    init(_ path: String) throws {
      let size = 4 * MemoryLayout<Int>.size
      let file = open(path, O_RDWR | O_CREAT, 0o600)
      defer { close(file) }
      guard file >= 0, ftruncate(file, off_t(size)) == 0,
        let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), memory != MAP_FAILED
      else { throw PeerFailure(description: "cannot map \(path): \(String(cString: strerror(errno)))") }
      words = memory.bindMemory(to: Int.self, capacity: 4)
    }

    deinit { munmap(words, 4 * MemoryLayout<Int>.size) }

    subscript(index: Int) -> Int {
      get { words[index] }
      set { words[index] = newValue }
    }
  }
#endif
