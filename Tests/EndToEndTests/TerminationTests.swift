// A program with a server in a ServiceLifecycle group, and SIGTERM.
import EchoStubs
import Foundation
import Freshet
import TestSupport
import Testing

/// FRESHET_TERMINATIONS sets their number.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TerminationTests {
  /// The situation when the signal arrives.
  enum Situation: CaseIterable {
    case noConnection, idleConnection, unaryCall, serverStreaming, clientStreaming, bidirectional, everything, newCalls

    var endlessKinds: Set<MethodKind> {
      switch self {
      case .noConnection, .idleConnection, .newCalls: []
      case .unaryCall: [.unary]
      case .serverStreaming: [.serverStreaming]
      case .clientStreaming: [.clientStreaming]
      case .bidirectional: [.bidirectional]
      case .everything: [.unary, .serverStreaming, .clientStreaming, .bidirectional]
      }
    }
  }

  private static let count = Int(ProcessInfo.processInfo.environment["FRESHET_TERMINATIONS"] ?? "") ?? 100

  @Test func `on SIGTERM the program ends with exit code 0, every time, and its calls complete`() async throws {
    for number in 0..<Self.count {
      let situation = Situation.allCases[number % Situation.allCases.count]
      let usesGlobalPool = number / Situation.allCases.count % 2 == 1
      try await terminate(in: situation, arguments: usesGlobalPool ? ["--global-pool"] : [], number)
    }
  }

  private func terminate(in situation: Situation, arguments: [String], _ number: Int) async throws {
    let program = try PeerProcess<String>(BuiltProgram.url("stoppable-server").path, arguments) {
      String(decoding: $0, as: UTF8.self)
    }
    do {
      let line = try await program.line("its port", within: .seconds(20)) { $0.contains("listening") }
      let address = try #require(line.firstMatch(of: /address=(\S+)/)).1
      let channel = RPCChannel("ipv4:\(address)")
      try await withThrowingTaskGroup { group in
        try await begin(situation, Echo_V1_Echo.Client(channel), program, in: &group)
        program.signal(SIGTERM)
        try await group.waitForAll()
      }
      let status = try await program.exitStatus()
      #expect(status == 0, "\(situation), signal \(number), \(arguments): \(program.untakenLines)")
      await channel.shutdown()
    } catch {
      Issue.record("\(situation), signal \(number), \(arguments): \(error)")
      try await program.stop()
    }
  }

  /// Returns when the calls have begun: the server's handlers are running.
  private func begin(
    _ situation: Situation, _ echo: Echo_V1_Echo.Client, _ program: PeerProcess<String>,
    in group: inout ThrowingTaskGroup<Void, any Error>
  ) async throws {
    let kinds = situation.endlessKinds
    if situation != .noConnection { _ = try await echo.get(.with { $0.text = "hello" }) }
    if kinds.contains(.unary) {
      group.addTask {
        let answer = try await echo.get(.with { $0.text = "wait" })
        #expect(answer.text == "wait")
      }
      try await program.line("a handler's beginning") { $0.contains("waits") }
    }
    if kinds.contains(.serverStreaming) {
      let first = Signal<Void>()
      group.addTask {
        var texts: [String] = []
        for try await message in echo.expand(.with { $0.text = "subscribed" }) {
          texts.append(message.text)
          first.set()
        }
        #expect(texts == ["subscribed"])
      }
      try await first.value()
    }
    if kinds.contains(.clientStreaming) {
      group.addTask {
        let (sink, requests) = channel(of: Echo_V1_Message.self, capacity: 1)
        try await sink.send(.with { $0.text = "only" })
        let answer = try await echo.collect(requests)
        #expect(["", "only"].contains(answer.text))
      }
      try await program.line("a handler's beginning") { $0.contains("waits") }
    }
    if kinds.contains(.bidirectional) {
      let call = echo.update()
      try await call.send(.with { $0.text = "hello" })
      let first = Signal<Void>()
      group.addTask {
        var texts: [String] = []
        for try await message in call.responses {
          texts.append(message.text)
          first.set()
        }
        #expect(texts == ["hello"])
      }
      try await first.value()
    }
    if situation == .newCalls {
      // They continue until the server is gone; each completes, or is refused.
      group.addTask {
        while true {
          do throws(RPCError) {
            _ = try await echo.get(.with { $0.text = "hello" })
          } catch {
            #expect(error.code == .unavailable, "\(error)")
            return
          }
        }
      }
    }
  }
}
