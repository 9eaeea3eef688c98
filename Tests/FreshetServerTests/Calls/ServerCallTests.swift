// Calls at the server, frame by frame.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetStreams
import FreshetTransport
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(5))) struct ServerCallTests {
  private let echo = BytesService(
    unary: { request, _ in request },
    serverStreaming: { request, _ in AsyncGenerator { yield in for _ in 0..<3 { try await yield(request) } } },
    clientStreaming: { requests, _ in
      var all = ByteBuffer()
      for try await request in requests { all.writeImmutableBuffer(request) }
      return all
    },
    bidirectional: { requests, _ in
      AsyncGenerator { yield in for try await request in requests { try await yield(request) } }
    })

  private func quiet() -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.logger = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
    return configuration
  }

  private func status(_ frames: [Frame]) -> String? { frames.last?["grpc-status"] }

  @Test func `S10: a unary call is answered by headers, its message and trailers`() async throws {
    try await withPeer(echo) { peer, _ async throws in
      let frames = try await peer.call("/test.Bytes/Unary", [[1, 2]])
      #expect(frames.map(\.kind) == [.headers, .data, .headers])
      #expect(frames[0].fields == [HeaderField(":status", "200"), HeaderField("content-type", "application/grpc")])
      #expect(frames[1].payload == grpcMessage([1, 2]))
      #expect(frames[2].fields == [HeaderField("grpc-status", "0")])
    }
  }

  @Test(arguments: [HandlerExecution.eventLoop, .globalPool])
  func `S14: no handler begins for a call that its client has reset`(_ execution: HandlerExecution) async throws {
    let begun = Mutex<[Int]>([])
    let service = BytesService(
      unary: { request, _ in
        begun.withLock { $0.append(request.readableBytes) }
        return request
      })
    var configuration = ServerConfiguration()
    configuration.handlerExecution = execution
    try await withPeer(service, configuration: configuration) { peer, _ async throws in
      peer.send(
        .headers(1, grpcRequest("/test.Bytes/Unary")), .data(1, grpcMessage([1]), endStream: true), .reset(1, code: 8))
      #expect(status(try await peer.call("/test.Bytes/Unary", 3, [[1, 2]])) == "0")
    }
    // A handler in the pool may have been faster than the reset.
    #expect(begun.withLock { $0 } == [2] || execution == .globalPool)
  }

  @Test func `S7: requests may be cut and padded in any way`() async throws {
    try await withPeer(echo) { peer, _ async throws in
      peer.send(.headers(1, grpcRequest("/test.Bytes/ClientStreaming")))
      for byte in grpcMessage([1, 2]) + grpcMessage([]) + grpcMessage([3]) { peer.send(.data(1, [byte], padding: 100)) }
      peer.send(.data(1, [], endStream: true))
      #expect(try await peer.response(on: 1)[1].payload == grpcMessage([1, 2, 3]))
    }
  }

  @Test func `S7: END_STREAM on an empty DATA frame, and on trailers, ends the requests`() async throws {
    try await withPeer(echo) { peer, _ async throws in
      peer.send(
        .headers(1, grpcRequest("/test.Bytes/Unary")), .data(1, grpcMessage([7])),
        .headers(1, [("x", "y")], endStream: true))
      #expect(status(try await peer.response(on: 1)) == "0")
    }
  }

  @Test func `S7: a request that ends inside a message is INTERNAL`() async throws {
    try await withPeer(echo, configuration: quiet()) { peer, _ async throws in
      for (id, path) in [(1, "Unary"), (3, "ClientStreaming"), (5, "Bidirectional")] as [(UInt32, String)] {
        peer.send(.headers(id, grpcRequest("/test.Bytes/\(path)")), .data(id, [0, 0, 0, 0, 9, 1], endStream: true))
        #expect(status(try await peer.response(on: id)) == "13")
      }
    }
  }

  @Test(arguments: ["Unary", "ServerStreaming"])
  func `S13: no request and two requests are UNIMPLEMENTED where one is expected`(method: String) async throws {
    try await withPeer(echo) { peer, _ async throws in
      #expect(status(try await peer.call("/test.Bytes/\(method)", 1, [])) == "12")
      #expect(status(try await peer.call("/test.Bytes/\(method)", 3, [[1], [2]])) == "12")
      peer.send(.headers(5, grpcRequest("/test.Bytes/\(method)"), endStream: true))
      #expect(status(try await peer.response(on: 5)) == "12")
    }
  }

  @Test func `S13: a request over the limit is RESOURCE_EXHAUSTED, which names the setting`() async throws {
    var configuration = quiet()
    configuration.maxReceiveMessageBytes = 10
    try await withPeer(echo, configuration: configuration) { peer, _ async throws in
      for (id, path) in [(1, "Unary"), (3, "ClientStreaming")] as [(UInt32, String)] {
        let frames = try await peer.call("/test.Bytes/\(path)", id, [Array(repeating: 1, count: 11)])
        #expect(status(frames) == "8")
        #expect(frames.last?["grpc-message"]?.contains("maxReceiveMessageBytes") == true)
      }
      #expect(status(try await peer.call("/test.Bytes/Unary", 5, [Array(repeating: 1, count: 10)])) == "0")
    }
  }

  @Test func `S5: a compressed flag without an encoding is INTERNAL, and a broken one too`() async throws {
    try await withPeer(echo, configuration: quiet()) { peer, _ async throws in
      peer.send(.headers(1, grpcRequest("/test.Bytes/Unary")), .data(1, grpcMessage([1], flag: 1), endStream: true))
      #expect(status(try await peer.response(on: 1)) == "13")
      peer.send(
        .headers(3, grpcRequest("/test.Bytes/Unary", [("grpc-encoding", "gzip")])),
        .data(3, grpcMessage([1, 2, 3], flag: 1), endStream: true))
      #expect(status(try await peer.response(on: 3)) == "13")
      peer.send(
        .headers(5, grpcRequest("/test.Bytes/Unary", [("grpc-encoding", "gzip")])),
        .data(5, grpcMessage([1, 2, 3], flag: 0), endStream: true))
      #expect(status(try await peer.response(on: 5)) == "0")
      peer.send(.headers(7, grpcRequest("/test.Bytes/Unary")), .data(7, grpcMessage([1], flag: 2), endStream: true))
      #expect(status(try await peer.response(on: 7)) == "13")
    }
  }

  @Test func `S5: a small bomb does not fill memory`() async throws {
    var configuration = quiet()
    configuration.maxReceiveMessageBytes = 100_000
    let bomb = try Compression.gzip.compress(ByteBuffer(repeating: 0, count: 50_000_000))
    try await withPeer(echo, configuration: configuration) { peer, _ async throws in
      peer.send(.headers(1, grpcRequest("/test.Bytes/Unary", [("grpc-encoding", "gzip")])))
      let bytes = grpcMessage(Array(bomb.readableBytesView), flag: 1)
      for start in stride(from: 0, to: bytes.count, by: 16_384) {
        let end = min(start + 16_384, bytes.count)
        peer.send(.data(1, Array(bytes[start..<end]), endStream: end == bytes.count))
      }
      #expect(status(try await peer.response(on: 1)) == "8")
    }
  }

  @Test func `S1, S10: an unknown method is one block of UNIMPLEMENTED, also while the client still sends`()
    async throws
  {
    try await withPeer(echo) { peer, _ async throws in
      peer.send(.headers(1, grpcRequest("/no.Service/Method")), .data(1, grpcMessage([1])))
      let frames = try await peer.response(on: 1)
      #expect(frames.map(\.kind) == [.headers])
      #expect(status(frames) == "12")
      let reset = try await peer.next(.reset, on: 1)
      #expect(reset.number() == 0)
      peer.send(.data(1, grpcMessage([1]), endStream: true))  // in flight when the reset arrived
      #expect(status(try await peer.call("/test.Bytes/Unary", 3, [[1]])) == "0")
    }
  }

  @Test func `S18: an ordinary GET is answered with 405`() async throws {
    try await withPeer(echo) { peer, _ async throws in
      peer.send(
        .headers(1, [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "x")], endStream: true))
      let frames = try await peer.response(on: 1)
      #expect(frames.first?[":status"] == "405")
      #expect(status(frames) == nil)
    }
  }

  @Test func `RFC 9113 §8.2.1: a strict peer accepts the response, whatever a handler sets`() async throws {
    let service = BytesService(unary: { request, context in
      context.responseMetadata = ["a": " 1\t", "host": "elsewhere"]
      context.responseTrailers = ["b": "\t", "c-bin": .binary([])]
      if request.readableBytes == 0 {
        throw RPCError(code: .aborted, message: " m ", details: [], metadata: ["d": " 2 "])
      }
      return request
    })
    try await withPeer(service) { peer, _ async throws in
      let response = try await peer.call("/test.Bytes/Unary", 1, [[1]])
      let texts = response.flatMap { $0.kind == .headers ? $0.fields.map { "\($0.name)=\($0.value)" } : [] }
      #expect(texts == [":status=200", "content-type=application/grpc", "a=1", "grpc-status=0", "b=", "c-bin="])
      let failure = try await peer.call("/test.Bytes/Unary", 3, [[]])
      #expect(
        failure[0].fields.dropFirst(2).map { "\($0.name)=\($0.value)" } == [
          "grpc-status=10", "grpc-message=%20m%20", "grpc-status-details-bin=", "a=1", "b=", "c-bin=", "d=2",
        ])
    }
  }

  @Test func `S8: a repeated head shows each handler the same metadata`() async throws {
    let service = BytesService(unary: { _, context in
      ByteBuffer(string: context.metadata.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
    })
    try await withPeer(service) { peer, _ async throws in
      let more = [("content-length", "6"), ("user-agent", "x/1"), ("b", "1"), ("b", " 2 "), ("t-bin", "AQID")]
      var payloads: [[UInt8]] = []
      for (id, timeout) in [(1, nil), (3, nil), (5, "1H"), (7, "2H"), (9, nil)] as [(UInt32, String?)] {
        let apart = timeout.map { [("grpc-timeout", $0)] } ?? []
        let frames = try await peer.call("/test.Bytes/Unary", id, [[1]], apart + more)
        payloads.append(frames[1].payload)
      }
      let text =
        #"content-length=string("6") user-agent=string("x/1") b=string("1") b=string("2") t-bin=binary([1, 2, 3])"#
      #expect(payloads == Array(repeating: grpcMessage(Array(text.utf8)), count: 5))
    }
  }

  @Test func `S9: headers over the limit are RESOURCE_EXHAUSTED, and the next call is served`() async throws {
    try await withPeer(echo) { peer, _ async throws in
      peer.send(Frame.longHeaders(1, grpcRequest("/test.Bytes/Unary", [("x", String(repeating: "y", count: 20_000))])))
      #expect(status(try await peer.response(on: 1)) == "8")
      #expect(status(try await peer.call("/test.Bytes/Unary", 3, [[1]])) == "0")
    }
  }

  @Test(arguments: [false, true])
  func `S9: a status over the client's limit keeps its code, and the start of its message`(
    afterHead: Bool
  ) async throws {
    let service = BytesService(
      unary: { _, context in
        if afterHead { try await context.sendInitialMetadata() }
        throw RPCError(code: .aborted, message: "begun " + String(repeating: "long ", count: 20_000))
      })
    try await withPeer(service, configuration: quiet(), settings: [(6, 2_000)]) { peer, _ async throws in
      let frames = try await peer.call("/test.Bytes/Unary", [[1]])
      #expect(frames.count == (afterHead ? 2 : 1))
      let end = try #require(frames.last)
      #expect(end["grpc-status"] == "10")
      #expect(end["grpc-message"]?.hasPrefix("begun long long") == true)
      #expect(end["grpc-message"]?.hasSuffix("%E2%80%A6") == true)
      #expect(end.fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 } <= 2_000)
    }
  }

  @Test func `S9: initial metadata over the client's limit is RESOURCE_EXHAUSTED, and the connection stays open`()
    async throws
  {
    let told = EventLog<RPCError?>()
    let service = BytesService(
      unary: { request, context in
        guard request.readableBytes > 0 else { return request }
        context.responseMetadata.add(String(repeating: "y", count: 3_000), for: "x")
        do throws(RPCError) {
          try await context.sendInitialMetadata()
          told.record(nil)
        } catch {
          told.record(error)
        }
        return request
      })
    try await withPeer(service, configuration: quiet(), settings: [(6, 2_000)]) { peer, _ async throws in
      let frames = try await peer.call("/test.Bytes/Unary", 1, [[1]])
      #expect(frames.map(\.kind) == [.headers])
      #expect(status(frames) == "8")
      #expect(frames.last?["grpc-message"]?.contains("2000 that the client accepts") == true)
      let error = try await told.next("the end of the call")
      #expect(error?.code == .resourceExhausted)
      #expect(status(try await peer.call("/test.Bytes/Unary", 3, [[]])) == "0")
    }
  }

  @Test func `S13: an RPCError becomes its status, any other error UNKNOWN without its text`() async throws {
    struct Secret: Error { let password = "hunter2" }
    let service = BytesService(
      unary: { request, _ in
        switch request.getInteger(at: 0, as: UInt8.self) {
        case 0:
          throw RPCError(code: .failedPrecondition, message: "no ☺", details: [1, 2], metadata: ["x": "y"])
        case 1: throw Secret()
        default: throw CancellationError()
        }
      })
    try await withPeer(service, configuration: quiet()) { peer, _ async throws in
      let own = try await peer.call("/test.Bytes/Unary", 1, [[0]])
      #expect(own.map(\.kind) == [.headers])
      #expect(status(own) == "9")
      #expect(own[0]["grpc-message"] == "no %E2%98%BA")
      #expect(own[0]["grpc-status-details-bin"] == "AQI")
      #expect(own[0]["x"] == "y")
      let stranger = try await peer.call("/test.Bytes/Unary", 3, [[1]])
      #expect(status(stranger) == "2")
      #expect(stranger[0].fields.contains { $0.value.contains("hunter2") } == false)
      #expect(status(try await peer.call("/test.Bytes/Unary", 5, [[2]])) == "1")
    }
  }

  @Test func `S10: an error after a message is sent as trailers`() async throws {
    let service = BytesService(
      serverStreaming: { request, _ in
        AsyncGenerator { yield in
          try await yield(request)
          throw RPCError(code: .dataLoss, message: "gone")
        }
      })
    try await withPeer(service) { peer, _ async throws in
      let frames = try await peer.call("/test.Bytes/ServerStreaming", [[1]])
      #expect(frames.map(\.kind) == [.headers, .data, .headers])
      #expect(status(frames) == "15")
    }
  }

  @Test func `a handler's metadata is sent first, its trailers last; invalid entries are dropped`() async throws {
    let service = BytesService(
      unary: { request, context in
        context.responseMetadata = ["a": "1", "BAD KEY": "x", "grpc-status": "7"]
        context.responseTrailers = ["b": "2", ":status": "500"]
        return request
      })
    try await withPeer(service, configuration: quiet()) { peer, _ async throws in
      let frames = try await peer.call("/test.Bytes/Unary", [[1]])
      #expect(frames[0].fields.map(\.name) == [":status", "content-type", "a"])
      #expect(frames[2].fields == [HeaderField("grpc-status", "0"), HeaderField("b", "2")])
    }
  }

  @Test(arguments: [HandlerExecution.eventLoop, .globalPool])
  func `S14: a reset cancels the handler, whose later sends throw`(execution: HandlerExecution) async throws {
    let outcome = Signal<String>()
    let service = BytesService(
      bidirectional: { requests, context in
        AsyncGenerator { yield in
          do {
            for try await request in requests { try await yield(request) }
            outcome.set("ended")
          } catch {
            let late: String
            do {
              try await yield(ByteBuffer(bytes: [9]))
              late = "sent"
            } catch { late = "refused" }
            outcome.set(
              "\((error as? RPCError)?.code.description ?? "\(error)") \(Task.isCancelled) \(context.isCancelled) \(late)"
            )
          }
        }
      }, execution: execution)
    try await withPeer(service) { peer, _ async throws in
      peer.send(.headers(1, grpcRequest("/test.Bytes/Bidirectional")), .data(1, grpcMessage([1])))
      _ = try await peer.next(.data, on: 1)
      peer.send(.reset(1, code: 8))
      #expect(try await outcome.value() == "CANCELLED true true refused")
      #expect(try await peer.roundTrip().filter { $0.streamID == 1 } == [])
    }
  }

  @Test func `S14: the loss of the connection cancels the handlers, and the drain waits for them`() async throws {
    let begun = EventLog<Void>(), outcomes = EventLog<Bool>()
    let service = BytesService(
      clientStreaming: { requests, _ in
        begun.record(())
        do { for try await _ in requests {} } catch {}
        outcomes.record(Task.isCancelled)
        return ByteBuffer()
      })
    try await withPeer(service) { peer, server async throws in
      for id in [1, 3, 5] as [UInt32] { peer.send(.headers(id, grpcRequest("/test.Bytes/ClientStreaming"))) }
      for _ in 0..<3 { try await begun.next("the beginning of a handler") }
      peer.close()
      for _ in 0..<3 {
        let wasCancelled = try await outcomes.next("the end of a handler")
        #expect(wasCancelled)
      }
      await server.drain()
    }
  }

  @Test func `S15: calls that outlast the drain get UNAVAILABLE, also after a message`() async throws {
    var configuration = ServerConfiguration()
    configuration.drainTimeout = .zero
    let service = BytesService(
      bidirectional: { requests, _ in
        AsyncGenerator { yield in
          try await yield(ByteBuffer(bytes: [1]))
          for try await _ in requests {}
        }
      })
    try await withPeer(service, configuration: configuration) { peer, server async throws in
      peer.send(.headers(1, grpcRequest("/test.Bytes/Bidirectional")))
      _ = try await peer.next(.data, on: 1)
      async let draining: Void = server.drain()
      let frames = try await peer.response(on: 1)
      #expect(status(frames) == "14")
      try await peer.waitUntilClosed()
      await draining
    }
  }

  @Test func `nothing of a call is retained after its end`() async throws {
    final class Weak: @unchecked Sendable {
      weak var call: ServerCall?
      weak var stream: TransportStream?
    }
    let all = Mutex<[Weak]>([])
    let remember: @Sendable (ServerContext) -> Void = { context in
      let weak = Weak()
      weak.call = context.call
      weak.stream = context.call.stream
      all.withLock { $0.append(weak) }
    }
    let service = BytesService(
      unary: { request, context in
        remember(context)
        return request
      },
      serverStreaming: { request, context in
        remember(context)
        return AsyncGenerator { yield in for _ in 0..<3 { try await yield(request) } }
      },
      clientStreaming: { requests, context in
        remember(context)
        for try await _ in requests {}
        return ByteBuffer()
      },
      bidirectional: { requests, context in
        remember(context)
        return AsyncGenerator { yield in for try await request in requests { try await yield(request) } }
      })
    try await withPeer(service) { peer, _ async throws in
      var id: UInt32 = 1
      for method in ["Unary", "ServerStreaming", "ClientStreaming", "Bidirectional"] {
        _ = try await peer.call("/test.Bytes/\(method)", id, [[1]], [("grpc-timeout", "1H")])
        id += 2
        let begun = all.withLock { $0.count }
        peer.send(
          .headers(id, grpcRequest("/test.Bytes/\(method)", [("grpc-timeout", "1H")])), .data(id, grpcMessage([1])))
        try await peer.roundTrip()
        if ["ClientStreaming", "Bidirectional"].contains(method) {  // the others do not start before END_STREAM
          while all.withLock({ $0.count }) == begun { try await peer.roundTrip() }
        }
        peer.send(.reset(id, code: 8))
        id += 2
      }
      for _ in 0..<200 {
        try await peer.roundTrip()
        if all.withLock({ $0.allSatisfy { $0.call == nil && $0.stream == nil } }) { break }
      }
      #expect(all.withLock { $0.count } == 6)
      #expect(all.withLock { $0.filter { $0.call != nil }.count } == 0)
      #expect(all.withLock { $0.filter { $0.stream != nil }.count } == 0)
    }
  }
}
