// The four kinds of call between our client and our server.
import EchoStubs
import Freshet
import Testing

@Suite struct FourKindsTests {
  @Test func unaryReturnsItsRequest() async throws {
    let server = Server(services: [EchoService()])
    let channel = server.inProcessChannel()
    let echo = Echo_V1_Echo.Client(channel)
    let reply = try await echo.get(.with { $0.text = "hello" })
    #expect(reply.text == "hello")
    await channel.shutdown()
    await server.drain()
  }

  @Test func streams() async throws {
    let server = Server(services: [EchoService()])
    let channel = server.inProcessChannel()
    let echo = Echo_V1_Echo.Client(channel)
    var words: [String] = []
    for try await word in echo.expand(.with { $0.text = "one two three" }) { words.append(word.text) }
    #expect(words == ["one", "two", "three"])
    let joined = try await echo.collect { yield in
      for word in ["a", "b"] { try await yield(.with { $0.text = word }) }
    }
    #expect(joined.text == "a b")
    let call = echo.update()
    var iterator = call.responses.makeAsyncIterator()
    try await call.send(.with { $0.text = "x" })
    #expect(try await iterator.next()?.text == "swift says: x")
    try await call.send(.with { $0.text = "y" })
    #expect(try await iterator.next()?.text == "swift says: y")
    call.finish()
    #expect(try await iterator.next() == nil)
    await channel.shutdown()
    await server.drain()
  }
}
