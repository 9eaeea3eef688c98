// The HTTP/1.1 connections of a channel: how many there are, and which calls they carry.
import EchoStubs
import Freshet
import FreshetCore
import FreshetHTTP1
import FreshetWeb
import NIOCore
import SwiftProtobuf
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ConnectionPoolTests {
  private let way = Way(callProtocol: .connect, http: .http1)

  private func configuration(_ configure: (inout HTTP1ClientSettings) -> Void) -> ChannelConfiguration {
    ChannelConfiguration { $0.web = WebChannelConfiguration { configure(&$0.http1) } }
  }

  @Test func `calls one after the other use one connection`() async throws {
    try await withWords(way) { channel, service in
      for number in 0..<20 {
        let reply = try await channel.unary(Words.put, Word("\(number)"))
        #expect(reply.message.text == "\(number)")
      }
      var peers: Set<String> = []
      for _ in 0..<20 { peers.insert(try await service.calls.next("a call").peer) }
      #expect(peers.count == 1)
    }
  }

  @Test(arguments: [1, 3, 32]) func `concurrent calls use as many connections as allowed, and the rest wait`(
    _ limit: Int
  ) async throws {
    let configuration = configuration { $0.maxConnections = limit }
    try await withWords(way, { $0 = configuration }) { channel, service in
      let hanging = (0..<limit).map { _ in Task { try await channel.unary(Words.put, Word("hang")) } }
      var peers: Set<String> = []
      for _ in 0..<limit { peers.insert(try await service.calls.next("a call").peer) }
      #expect(peers.count == limit)
      let waiting = (0..<10).map { number in Task { try await channel.unary(Words.put, Word("\(number)")) } }
      let late = await failure {
        try await channel.unary(Words.put, Word("late"), options: CallOptions(timeout: .milliseconds(50)))
      }
      #expect(late.code == .deadlineExceeded)  // all connections are busy
      hanging[0].cancel()
      for (number, task) in waiting.enumerated() {
        let reply = try await task.value
        #expect(reply.message.text == "\(number)")
      }
      for task in hanging { task.cancel() }
      for task in hanging { #expect(await failure { try await task.value }.code == .cancelled) }
      let after = try await channel.unary(Words.put, Word("after"))
      #expect(after.message.text == "after")
    }
  }

  @Test func `many calls at once all get their own response`() async throws {
    let configuration = configuration { $0.maxConnections = 4 }
    try await withWords(way, { $0 = configuration }) { channel, _ in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<300 {
          group.addTask {
            if number % 3 == 0 {
              return try await channel.serverStreaming(Words.expand, Word("\(number) x")).texts() == ["\(number)", "x"]
            }
            return try await channel.unary(Words.put, Word("\(number)")).message.text == "\(number)"
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }

  @Test func `shutting the channel down waits for running calls, and closes idle connections`() async throws {
    try await withWords(way) { channel, service in
      let call = channel.bidirectional(Words.update)
      try await call.send(Word("a"))
      var responses = call.responses.makeAsyncIterator()
      let first = try await responses.next()
      #expect(first?.text == "a")
      _ = try await channel.unary(Words.put, Word("b"))
      async let shutdown: Void = channel.shutdown(grace: .seconds(60))
      #expect(await failure { while true { _ = try await channel.unary(Words.put, Word("c")) } }.code == .unavailable)
      try await call.send(Word("d"))
      call.finish()
      let second = try await responses.next(), end = try await responses.next()
      #expect(second?.text == "d" && end == nil)
      await shutdown
    }
  }

  @Test func `a server that closes after each response gets a connection for each call`() async throws {
    try await withRawServer { listener, channel in
      for text in ["a", "b", "c"] {
        let calling = Task { try await channel.unary(Words.put, Word(text)) }
        let socket = RawPeer(try await listener.accept())
        #expect(
          try await socket.request().hasSuffix(
            "\r\n\r\n" + String(decoding: Word(text).serializedBytes() as [UInt8], as: UTF8.self)))
        try socket.answer(Word(text), "connection: close\r\n")
        let reply = try await calling.value
        #expect(reply.message.text == text)
        socket.close()
      }
    }
  }

  @Test func `a GET is repeated when its server closes an idle connection, and a POST is not`() async throws {
    for method in [Words.get, Words.put] {
      try await withRawServer(.connectGET) { listener, channel in
        let first = Task { try await channel.unary(method, Word("a")) }
        let socket = RawPeer(try await listener.accept())
        _ = try await socket.request()
        try socket.answer(Word("a"))
        _ = try await first.value
        let second = Task { try await channel.unary(method, Word("b")) }
        _ = try await socket.request()
        socket.close()
        if method.idempotency == .noSideEffects {
          let other = RawPeer(try await listener.accept())
          _ = try await other.request()
          try other.answer(Word("b"))
          let reply = try await second.value
          #expect(reply.message.text == "b")
          other.close()
        } else {
          #expect(await failure { try await second.value }.code == .unavailable)
        }
      }
    }
  }

  @Test func `a server that does not speak HTTP/1.1 is reported`() async throws {
    try await withRawServer { listener, channel in
      let calling = Task { try await channel.unary(Words.put, Word("a")) }
      let socket = RawPeer(try await listener.accept())
      _ = try await socket.request()
      socket.send("SSH-2.0-OpenSSH_9.2\r\n\r\n")
      let error = await failure { try await calling.value }
      #expect(error.code == .internal && error.message.contains("the response is not HTTP/1.1 (“SSH-2.0"))
      socket.close()
    }
  }

  private func withRawServer(
    _ callProtocol: CallProtocol = .connect, _ body: (LoopbackListener, RPCChannel) async throws -> Void
  ) async throws {
    let listener = LoopbackListener()
    let channel = RPCChannel("ipv4:127.0.0.1:\(listener.port)", protocol: callProtocol, http: .http1)
    try await withChannel(channel) { try await body(listener, $0) }
  }
}

extension RawPeer {
  /// Answers a unary call in Connect.
  fileprivate func answer(_ word: Word, _ more: String = "") throws {
    let body: [UInt8] = try word.serializedBytes()
    send(
      "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: \(body.count)\r\n\(more)\r\n"
        + String(decoding: body, as: UTF8.self))
  }
}
