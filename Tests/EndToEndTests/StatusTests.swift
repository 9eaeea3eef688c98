// How a call's failure reaches the other side.
import EchoStubs
import Freshet
import FreshetStreams
import struct NIOCore.ByteBuffer
import Synchronization
import TestSupport
import Testing

@Suite struct StatusTests {
  @Test func `S13: an error of a handler's own call is passed on without the other server's trailers and addresses`()
    async throws
  {
    let failing = BytesService(unary: { _, _ in
      throw RPCError(code: .notFound, message: "no such book", metadata: ["shelf": "7"])
    })
    let nobody = RPCChannel("unix:/nonexistent/freshet.sock")
    try await withServerAndChannel(failing) { upstream in
      let proxy = BytesService(unary: { request, _ in
        let target = request.readableBytes == 0 ? upstream : nobody
        return try await target.unary(BytesService.unary, request).message
      })
      try await withServerAndChannel(proxy) { channel in
        let passedOn = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
        #expect(passedOn.code == .notFound && passedOn.message == "no such book" && passedOn.metadata["shelf"] == nil)
        let unreachable = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer(string: "x")) }
        #expect(unreachable.code == .unavailable && !unreachable.message.contains("nonexistent"), "\(unreachable)")
      }
    }
    await nobody.shutdown()
  }

  @Test func `S11, S16: a handler's error arrives with message details and metadata`() async throws {
    let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n 100 %"
    let service = BytesService(unary: { _, _ in
      throw RPCError(code: .dataLoss, message: message, details: [8, 15], metadata: ["x-why": "because"])
    })
    try await withServerAndChannel(service) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.code == .dataLoss && error.message == message && error.origin == .peer)
      #expect(error.details == [8, 15] && error.metadata["x-why"] == "because")
    }
  }

  @Test func `S13: an unknown error is UNKNOWN and only logged`() async throws {
    struct Secret: Error {}
    let log = RecordedLog()
    var configuration = ServerConfiguration()
    configuration.logger = log.logger
    let service = BytesService(unary: { _, _ in throw Secret() })
    try await withServerAndChannel(service, configuration: configuration) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.code == .unknown && !error.message.contains("Secret"))
      let line = try await log.line(containing: "Secret")
      #expect(line.contains("/test.Bytes/Unary"))
    }
  }

  @Test func `a message arrives unaltered and is described in one line`() async throws {
    let text = " \tline\r\nbreak \u{1b}[2J ☺ "
    let service = BytesService(unary: { _, _ in throw RPCError(code: .aborted, message: text) })
    try await withServerAndChannel(service) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.code == .aborted && error.message == text)
      #expect("\(error)" == #"ABORTED:  \x09line\r\nbreak \x1b[2J ☺  (from the peer)"#)
    }
  }

  @Test func `an unknown error is one line of the log`() async throws {
    struct Odd: Error, CustomStringConvertible { let description = "odd\n2026-01-01 error: forged" }
    let log = RecordedLog()
    var configuration = ServerConfiguration()
    configuration.logger = log.logger
    try await withServerAndChannel(BytesService(unary: { _, _ in throw Odd() }), configuration: configuration) {
      channel in
      _ = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      let line = try await log.line(containing: "forged")
      #expect(line.contains("odd\\n2026"))
    }
  }

  @Test func `nothing that HTTP/2 does not allow is sent`() async throws {
    try await withServerAndChannel(EchoService()) { channel in
      for (name, subtype) in [("Get\r\nx: y", "proto"), ("Get Ü", "proto"), ("Get", "Proto b")] {
        let method = MethodDescriptor<ByteBuffer, ByteBuffer>(
          service: "echo.v1.Echo", method: name, kind: .unary, requestCodec: BytesCodec(contentSubtype: subtype),
          responseCodec: BytesCodec())
        let error = await rpcError { try await channel.unary(method, ByteBuffer()) }
        #expect(error.code == .internal && error.message.contains("cannot be called") && !error.message.contains("\n"))
      }
    }
    var configuration = ChannelConfiguration()
    configuration.authority = "a\r\nx: y"
    try await withServer([EchoService()]) { address in
      try await withChannel(RPCChannel(address.target, configuration: configuration)) { channel in
        let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
        #expect(error.code == .failedPrecondition && error.message.contains("ChannelConfiguration.authority"))
      }
    }
  }

  @Test func `S1: an unknown method is UNIMPLEMENTED`() async throws {
    try await withServerAndChannel(EchoService()) { channel in
      let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      #expect(error.code == .unimplemented && error.message.contains("/test.Bytes/Unary"))
    }
  }

  @Test func `S13: an undecodable request is internal`() async throws {
    try await withServerAndChannel(EchoService()) { channel in
      let method = MethodDescriptor<ByteBuffer, ByteBuffer>(
        service: "echo.v1.Echo", method: "Get", kind: .unary, requestCodec: BytesCodec(), responseCodec: BytesCodec())
      let error = await rpcError { try await channel.unary(method, ByteBuffer(bytes: [0x0a, 0xff])) }
      #expect(error.code == .internal && error.message.contains("cannot be decoded"))
    }
  }

  @Test func `S13: a request over the limit is RESOURCE_EXHAUSTED`() async throws {
    let service = BytesService(
      unary: { request, _ in request },
      clientStreaming: { requests, _ in
        for try await _ in requests {}
        return ByteBuffer()
      })
    let tooLarge = ByteBuffer(repeating: 7, count: 4 * 1024 * 1024 + 1)
    try await withServerAndChannel(service) { channel in
      let unary = await rpcError { try await channel.unary(BytesService.unary, tooLarge) }
      #expect(unary.code == .resourceExhausted && unary.message.contains("maxReceiveMessageBytes"))
      let streaming = await rpcError {
        try await channel.clientStreaming(BytesService.clientStreaming, once(tooLarge))
      }
      #expect(streaming.code == .resourceExhausted && streaming.message.contains("4194304"))
      let largest = ByteBuffer(repeating: 7, count: 4 * 1024 * 1024)
      let echoed = try await channel.unary(BytesService.unary, largest)
      #expect(echoed.message == largest)
    }
  }

  @Test func `C9: a response over the limit is RESOURCE_EXHAUSTED`() async throws {
    let service = BytesService(
      unary: { _, _ in ByteBuffer(repeating: 7, count: 2000) },
      serverStreaming: { _, _ in AsyncGenerator { yield in try await yield(ByteBuffer(repeating: 7, count: 2000)) } })
    try await withServerAndChannel(service) { channel in
      let options = CallOptions(maxReceiveMessageBytes: 1999)
      let unary = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer(), options: options) }
      #expect(unary.code == .resourceExhausted && unary.origin == .local)
      let streaming = await rpcError {
        for try await _ in channel.serverStreaming(BytesService.serverStreaming, ByteBuffer(), options: options) {}
      }
      #expect(streaming.code == .resourceExhausted)
    }
  }

  @Test func `an error after some messages arrives after them`() async throws {
    let service = BytesService(serverStreaming: { _, _ in
      AsyncGenerator { yield in
        for number in 1...100 { try await yield(.patterned(number, count: 1000)) }
        throw RPCError(code: .aborted, message: "no more")
      }
    })
    try await withServerAndChannel(service) { channel in
      var responses = channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()).makeAsyncIterator()
      for number in 1...100 {
        let response = try await responses.next()
        #expect(response?.number == number)
      }
      let error = await rpcError { try await responses.next() }
      #expect(error.code == .aborted && error.message == "no more")
      #expect(try await responses.next() == nil)
    }
  }

  @Test func `an iterator of requests continues where the previous one stopped`() async throws {
    let service = BytesService(clientStreaming: { requests, _ in
      var read = try #require(try await requests.first()).readableBytes
      for try await request in requests {
        read = 10 * read + request.readableBytes
        if request.readableBytes == 3 { break }
      }
      for try await request in requests { read = 10 * read + request.readableBytes }
      for try await _ in requests { read = 0 }
      return ByteBuffer(repeating: 0, count: read)
    })
    try await withServerAndChannel(service) { channel in
      let requests = (1...4).map { ByteBuffer(repeating: 0, count: $0) }
      let response = try await channel.clientStreaming(BytesService.clientStreaming, requests)
      #expect(response.message.readableBytes == 1234)
    }
  }

  @Test(arguments: [HandlerExecution.eventLoop, .globalPool])
  func oneOfTwoTasksThatWaitForARequestIsRefusedAndTheOtherGoesOn(_ execution: HandlerExecution) async throws {
    let begin = Signal<Void>()
    let service = BytesService(
      clientStreaming: { requests, _ in
        let outcomes = await withTaskGroup(of: Status.Code?.self) { group in
          for _ in 0..<2 {
            group.addTask {
              do {
                for try await _ in requests {}
                return nil
              } catch {
                begin.set()
                return (error as? RPCError)?.code
              }
            }
          }
          return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes == [.internal, nil])
        return ByteBuffer()
      }, execution: execution)
    try await withServerAndChannel(service) { channel in
      _ = try await channel.clientStreaming(
        BytesService.clientStreaming,
        AsyncGenerator { yield in
          try await begin.value()
          try await yield(ByteBuffer())
        })
    }
  }

  @Test func `responses can be read only once and a second reader gets the call's own error`() async throws {
    let service = BytesService(bidirectional: { requests, _ in
      AsyncGenerator { yield in
        for try await request in requests {
          if request.readableBytes == 0 { throw RPCError(code: .unavailable, message: "busy") }
          try await yield(request)
        }
      }
    })
    try await withServerAndChannel(service) { channel in
      let responses = channel.bidirectional(BytesService.bidirectional, [ByteBuffer(string: "one")])
      for try await _ in responses {}
      let second = await rpcError { for try await _ in responses {} }
      #expect(second.code == .internal && second.message.contains("only once") && second.message.contains("retrying("))
      let failing = channel.bidirectional(BytesService.bidirectional, [ByteBuffer()])
      #expect(await rpcError { for try await _ in failing {} }.message == "busy")
      let third = await rpcError { for try await _ in failing {} }
      #expect(third.code == .unavailable && third.message.hasPrefix("busy (") && third.message.contains("retrying("))
    }
  }

  @Test func `retrying makes a new call for each attempt`() async throws {
    let calls = Atomic(0)
    let service = BytesService(bidirectional: { requests, _ in
      AsyncGenerator { yield in
        let number = calls.add(1, ordering: .relaxed).newValue
        for try await request in requests { try await yield(request) }
        if number < 3 { throw RPCError(code: .unavailable, message: "busy \(number)") }
      }
    })
    try await withServerAndChannel(service) { channel in
      let requests = [ByteBuffer(string: "a"), ByteBuffer(string: "b")]
      let responses = channel.bidirectional(BytesService.bidirectional, requests)
      let soon = RetrySchedule.constant(.zero, attempts: 1)
      let all: [ByteBuffer] = try await responses.retrying(soon, if: { $0.code == .unavailable }).collect(upTo: 6)
      #expect(all.map { String(buffer: $0) } == ["a", "b", "a", "b", "a", "b"])

      // With something to be fetched, such as a token.
      calls.store(0, ordering: .relaxed)
      @Sendable func token() async throws -> String { "token" }
      let resumed = channel.bidirectional(BytesService.bidirectional, requests).retrying(
        soon,
        resume: { last in
          let options = CallOptions(metadata: ["authorization": .string(try await token())])
          return channel.bidirectional(BytesService.bidirectional, last.map { [$0] } ?? [], options: options)
        })
      let goneOn: [ByteBuffer] = try await resumed.collect(upTo: 4)
      #expect(goneOn.map { String(buffer: $0) } == ["a", "b", "b", "b"])

      // An adaptor does not know the call, and says so after the call's own error.
      calls.store(0, ordering: .relaxed)
      let wrapped = channel.bidirectional(BytesService.bidirectional, requests).map { $0.readableBytes }
      let error = await rpcError { for try await _ in wrapped.retrying(soon) {} }
      #expect(error.code == .unavailable && error.message.hasPrefix("busy 1 (") && calls.load(ordering: .relaxed) == 1)

      // The same for a call whose requests were sent by hand.
      calls.store(0, ordering: .relaxed)
      let byHand = channel.bidirectional(BytesService.bidirectional)
      byHand.finish()
      let own = await rpcError { for try await _ in byHand.responses.retrying(soon) {} }
      #expect(own.code == .unavailable && own.message == "busy 1")
    }
  }
}
