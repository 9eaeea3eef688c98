// Calls whose connection is on another loop than their channel's, in each protocol.
import EchoStubs
import Freshet
import FreshetCore
import FreshetTransport
import FreshetWeb
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetClient

@Suite(.timeLimit(.minutes(2))) struct OtherLoopTests {
  @Test(arguments: CallProtocol.all) func `a relayed call is the same as another`(_ callProtocol: CallProtocol)
    async throws
  {
    let service = WordService()
    let server = Server(services: [service], web: WebConfiguration())
    let configuration = ChannelConfiguration {
      $0.web = WebChannelConfiguration { $0.protocol = callProtocol }
      $0.compressions = .standard
    }
    let channel = RPCChannel(
      connector: SocketPairConnector { server.serve(connectedSocket: $0) }, configuration: configuration,
      policy: { PickFirst($0, on: Self.loop(otherThan: $0.executor)) })
    try await withChannel(channel) { channel in
      let options = CallOptions(compression: .gzip)
      for method in [Words.get, Words.put] {
        let response = try await channel.unary(method, Word("hello"), options: options)
        #expect(response.message.text == "hello" && response.trailers.strings(for: "x-tail") == ["3", "4"])
        let error = await failure { try await channel.unary(method, Word("fail")) }
        #expect(error.code == .dataLoss && error.metadata.strings(for: "x-tail") == ["3", "4"])
      }
      let updated = channel.bidirectional(Words.update, (0..<500).map { Word("\($0)") }, options: options)
      let texts = try await updated.texts()
      #expect(texts == (0..<500).map(String.init))
      let broken = channel.serverStreaming(Words.expand, Word("a b fail"))
      var words: [String] = []
      let error = await failure { for try await word in broken { words.append(word.text) } }
      #expect(words == ["a", "b"] && error.code == .dataLoss)
    }
    await server.drain()
  }

  private static func loop(otherThan executor: LoopExecutor) -> LoopExecutor {
    while true {
      let other = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
      if other !== executor { return other }
    }
  }
}
