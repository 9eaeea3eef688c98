// A client and a server in one process.
import EchoStubs
import FreshetClient
import TestSupport
import Testing

@testable import Freshet

@Suite(.timeLimit(.minutes(1))) struct InProcessTests {
  private struct Echo: Echo_V1_Echo.Service {
    func get(_ request: Echo_V1_Message, context: ServerContext) async throws -> Echo_V1_Message { request }
    func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
      MessageStream { yield in
        for word in request.text.split(separator: " ") { try await yield(.with { $0.text = String(word) }) }
      }
    }
    func collect(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) async throws -> Echo_V1_Message {
      var text = ""
      for try await request in requests { text += request.text }
      return .with { $0.text = text }
    }
    func update(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) -> MessageStream<Echo_V1_Message> {
      MessageStream(requests.map { $0 })
    }
  }

  @Test func `calls work, sequentially and concurrently`() async throws {
    let server = Server(services: [Echo()])
    let channel = server.inProcessChannel()
    let echo = Echo_V1_Echo.Client(channel)
    let sum = try await withThrowingTaskGroup { group in
      for number in 0..<200 {
        group.addTask {
          let reply: Echo_V1_Message = try await echo.get(.with { $0.text = "\(number)" })
          return Int(reply.text) ?? -1
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(sum == 19_900)
    await channel.shutdown()
    await server.drain()
  }

  @Test func `a large message crosses both windows`() async throws {
    let server = Server(services: [Echo()])
    let channel = server.inProcessChannel()
    let text = String(repeating: "z", count: 3_000_000)
    let reply: Echo_V1_Message = try await Echo_V1_Echo.Client(channel).get(.with { $0.text = text })
    #expect(reply.text == text)
    await channel.shutdown()
    await server.drain()
  }

  @Test func `after a drain the channel connects again`() async throws {
    let server = Server(services: [Echo()])
    let channel = server.inProcessChannel()
    let echo = Echo_V1_Echo.Client(channel)
    let first: Echo_V1_Message = try await echo.get(.with { $0.text = "a" })
    #expect(first.text == "a")
    await channel.shutdown()
    let other = server.inProcessChannel()
    let second: Echo_V1_Message = try await Echo_V1_Echo.Client(other).get(.with { $0.text = "b" })
    #expect(second.text == "b")
    await other.shutdown()
    await server.drain()
  }

  @Test func `a call on a channel that was shut down is UNAVAILABLE`() async throws {
    let server = Server(services: [Echo()])
    let channel = server.inProcessChannel()
    await channel.shutdown()
    let error = await #expect(throws: RPCError.self) {
      let _: Echo_V1_Message = try await Echo_V1_Echo.Client(channel).get(Echo_V1_Message())
    }
    #expect(error?.code == .unavailable)
    await server.drain()
  }

  @Test func `a channel that is dropped closes its connection, so that the server's drain ends`() async throws {
    let server = Server(services: [Echo()])
    do {
      let echo = Echo_V1_Echo.Client(server.inProcessChannel())
      let _: Echo_V1_Message = try await echo.get(.with { $0.text = "a" })
    }
    await server.drain()
  }

  @Test func `server and channel are freed at the end`() async throws {
    weak var server: Server?
    weak var channel: RPCChannel?
    do {
      let madeServer = Server(services: [Echo()])
      let madeChannel = madeServer.inProcessChannel()
      server = madeServer
      channel = madeChannel
      let _: Echo_V1_Message = try await Echo_V1_Echo.Client(madeChannel).get(.with { $0.text = "a" })
      await madeChannel.shutdown()
      await madeServer.drain()
    }
    #expect(await eventually { server == nil && channel == nil })
    #expect(server == nil)
    #expect(channel == nil)
  }
}
