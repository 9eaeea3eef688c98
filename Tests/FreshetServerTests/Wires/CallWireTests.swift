// Calls of a second protocol besides gRPC, over the same connection.
import FreshetCore
import FreshetStreams
import FreshetTransport
import NIOCore
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(5))) struct CallWireTests {
  private let echo = BytesService(
    unary: { request, context in
      context.responseMetadata = ["head": "1"]
      context.responseTrailers = ["tail": "2"]
      if request.readableBytes == 0 { throw RPCError(code: .aborted, message: "no", metadata: ["more": "3"]) }
      return request
    },
    clientStreaming: { requests, context in
      var all = ByteBuffer(string: context.metadata["said"] ?? "")
      for try await request in requests { all.writeImmutableBuffer(request) }
      return all
    },
    bidirectional: { requests, context in
      AsyncGenerator { yield in
        for try await request in requests {
          if request.readableBytes == 0 {
            context.call.stream.executor.runSoon { context.call.timerFired() }  // as the deadline's timer would
            try await Task.sleep(for: .seconds(600))
          }
          try await yield(request)
        }
      }
    })

  private func configured(
    _ wire: TextWire = TextWire(), _ execution: HandlerExecution = .automatic
  ) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.readers = [wire]
    configuration.handlerExecution = execution
    return configuration
  }

  private func request(_ path: String, _ more: [(String, String)] = []) -> [(String, String)] {
    [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"), ("content-type", "text/test")]
      + more
  }

  private func text(_ frames: [Frame]) -> String {
    String(decoding: frames.filter { $0.kind == .data }.flatMap(\.payload), as: UTF8.self)
  }

  @Test(arguments: [HandlerExecution.eventLoop, .globalPool])
  func `a second wire frames messages and ends calls in its own way, beside gRPC's`(
    _ execution: HandlerExecution
  ) async throws {
    try await withPeer(echo, configuration: configured(TextWire(), execution)) { peer, _ async throws in
      for id in [1, 5, 9] as [UInt32] {  // the head is repeated, and recognised
        peer.send(
          .headers(id, request("/test.Bytes/Unary")), .data(id, grpcMessage(Array("hi".utf8)), endStream: true))
        let frames = try await peer.response(on: id)
        #expect(frames.first?["content-type"] == "text/test" && frames.first?["head"] == "1")
        #expect(text(frames) == "hi\nEND OK\n")
        #expect(frames.last?.kind == .data && frames.last?.isEndStream == true)
        let own = try await peer.call("/test.Bytes/Unary", id + 2, [[7]])
        #expect(own.last?["grpc-status"] == "0" && own.last?["tail"] == "2")
      }
      peer.send(
        .headers(13, request("/test.Bytes/ClientStreaming", [("x-said", "so ")])),
        .data(13, grpcMessage(Array("a".utf8)) + grpcMessage(Array("b".utf8)), endStream: true))
      #expect(text(try await peer.response(on: 13)) == "so ab\nEND OK\n")
    }
  }

  @Test func `an error before the first message is a head and the last line`() async throws {
    try await withPeer(echo, configuration: configured()) { peer, _ async throws in
      peer.send(.headers(1, request("/test.Bytes/Unary")), .data(1, grpcMessage([]), endStream: true))
      let frames = try await peer.response(on: 1)
      #expect(frames[0]["head"] == "1" && frames[0]["trailer-tail"] == "2" && frames[0]["trailer-more"] == "3")
      #expect(text(frames) == "END ABORTED: no\n")
    }
  }

  @Test func `the wire decides how a request that is not a call is refused`() async throws {
    try await withPeer(echo, configuration: configured()) { peer, _ async throws in
      peer.send(.headers(1, request("/no/thing")), .data(1, grpcMessage([1])))
      let frames = try await peer.response(on: 1)
      #expect(frames[0][":status"] == "200")
      #expect(text(frames) == "END UNIMPLEMENTED: nothing here\n")
      #expect(try await peer.next(.reset, on: 1).number() == 0)  // S12, whatever the wire
      peer.send(
        .headers(3, [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "x")], endStream: true))
      #expect(try await peer.response(on: 3).first?[":status"] == "405")  // no wire takes it, so gRPC answers
    }
  }

  @Test(arguments: [HandlerExecution.eventLoop, .globalPool])
  func `a deadline within a stream ends it with the wire's last line, after queued messages`(
    _ execution: HandlerExecution
  ) async throws {
    try await withPeer(echo, configuration: configured(TextWire(), execution)) { peer, _ async throws in
      peer.send(
        .headers(1, request("/test.Bytes/Bidirectional")),
        .data(1, grpcMessage(Array("a".utf8)) + grpcMessage([])))
      let frames = try await peer.response(on: 1)
      #expect(text(frames) == "a\nEND DEADLINE_EXCEEDED: the deadline of the call has passed\n")
      #expect(try await peer.next(.reset, on: 1).number() == 0)
    }
  }

  @Test func `a time-out that a wire finds in the head counts`() async throws {
    try await withPeer(echo, configuration: configured()) { peer, _ async throws in
      for (id, milliseconds) in [(1, "0"), (3, "1")] as [(UInt32, String)] {
        peer.send(.headers(id, request("/test.Bytes/Unary", [("x-milliseconds", milliseconds)])))
        #expect(text(try await peer.response(on: id)).hasPrefix("END DEADLINE_EXCEEDED"))
      }
    }
  }

  @Test func `a client with a closed window gets the deadline's end when it opens it`() async throws {
    let ended = Signal<Void>()
    let large = BytesService(serverStreaming: { _, context in
      AsyncGenerator { yield in
        defer { ended.set() }
        for number in 0..<4 {
          // As the deadline's timer would, and after the second message.
          let executor = context.call.stream.executor
          if number == 1 { executor.runSoon { executor.runSoon { context.call.timerFired() } } }
          try await yield(ByteBuffer(repeating: UInt8(ascii: "x"), count: 50_000))
        }
      }
    })
    try await withPeer(large, configuration: configured()) { peer, _ async throws in
      peer.send(
        .headers(1, request("/test.Bytes/ServerStreaming")),
        .data(1, grpcMessage([1]), endStream: true))
      var bytes: [UInt8] = []
      try await ended.value()  // since the deadline has passed
      while bytes.count < 65_535 { bytes += try await peer.next(.data, on: 1).payload }
      peer.send(.windowUpdate(1, 200_000), .windowUpdate(0, 200_000))
      var last: Frame
      repeat {
        last = try await peer.next(.data, on: 1)
        bytes += last.payload
      } while !last.isEndStream
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.hasSuffix("x\nEND DEADLINE_EXCEEDED: the deadline of the call has passed\n"))
      #expect(text.split(separator: "\n").dropLast().allSatisfy { $0.utf8.count == 50_000 })  // whole messages
    }
  }

  @Test(arguments: [HandlerExecution.eventLoop, .globalPool])
  func `a wire that holds the response sends it with the head, which knows the trailing metadata`(
    _ execution: HandlerExecution
  ) async throws {
    let configuration = configured(TextWire(holdsResponse: true), execution)
    try await withPeer(echo, configuration: configuration) { peer, _ async throws in
      peer.send(.headers(1, request("/test.Bytes/Unary")), .data(1, grpcMessage(Array("hi".utf8)), endStream: true))
      let frames = try await peer.response(on: 1)
      #expect(frames[0]["head"] == "1" && frames[0]["trailer-tail"] == "2")
      #expect(text(frames) == "hi\nEND OK\n")
      peer.send(
        .headers(3, request("/test.Bytes/Bidirectional")), .data(3, grpcMessage([UInt8(ascii: "a")]), endStream: true))
      #expect(text(try await peer.response(on: 3)) == "a\nEND OK\n")  // streams are not held
    }
  }
}
