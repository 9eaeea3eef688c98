// Deadlines of calls at the server, frame by frame.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import FreshetStreams
import FreshetTransport
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FreshetServer

@Suite(.timeLimit(.minutes(5))) struct ServerDeadlineTests {
  private func status(_ frames: [Frame]) -> String? { frames.last?["grpc-status"] }

  private final class Holder: Sendable {
    let value: Atomic<Bool>
    init(_ value: consuming Atomic<Bool>) { self.value = value }
  }

  @Test func `S4: each call has its own time-out, even if its head otherwise equals another's`() async throws {
    let service = BytesService(unary: { _, context in
      let seconds = context.deadline.map { $0.remaining.components.seconds }
      return ByteBuffer(string: seconds.map { $0 > 7_200 ? "long" : $0 > 3_600 ? "middle" : "short" } ?? "none")
    })
    try await withPeer(service) { peer, _ async throws in
      let calls =
        [
          (nil, "none"), ("1H", "short"), ("3H", "long"), (nil, "none"), ("2H", "middle"), ("3h", nil), ("3H", "long"),
        ] as [(String?, String?)]
      for (index, (timeout, expected)) in calls.enumerated() {
        let apart = timeout.map { [("grpc-timeout", $0)] } ?? []
        let frames = try await peer.call("/test.Bytes/Unary", UInt32(index * 2 + 1), [[1]], apart)
        #expect(status(frames) == (expected == nil ? "13" : "0"))
        if let expected { #expect(frames[1].payload == grpcMessage(Array(expected.utf8))) }
      }
    }
  }

  @Test(
    arguments: ["0n", "0u", "0m", "0S", "0M", "0H", "00000000n"],
    ["Unary", "ServerStreaming", "ClientStreaming", "Bidirectional"])
  func `S4: no handler begins for a call with no time left`(_ timeout: String, _ method: String) async throws {
    let flag = Holder(Atomic(false))
    let service = BytesService(
      unary: { request, _ in
        flag.value.store(true, ordering: .relaxed)
        return request
      },
      serverStreaming: { _, _ in
        flag.value.store(true, ordering: .relaxed)
        return AsyncGenerator { _ in }
      },
      clientStreaming: { _, _ in
        flag.value.store(true, ordering: .relaxed)
        return ByteBuffer()
      },
      bidirectional: { _, _ in
        flag.value.store(true, ordering: .relaxed)
        return AsyncGenerator { _ in }
      })
    try await withPeer(service) { peer, _ async throws in
      #expect(status(try await peer.call("/test.Bytes/\(method)", 1, [[1]], [("grpc-timeout", timeout)])) == "4")
      #expect(status(try await peer.call("/test.Bytes/None", 3, [[1]])) == "12")
    }
    let hasBegun = flag.value.load(ordering: .relaxed)
    #expect(!hasBegun)
  }

  @Test func `S4: the deadline's status reaches a client whose window is closed, as trailers`() async throws {
    let thrown = Signal<String>()
    let service = BytesService(
      serverStreaming: { request, context in
        AsyncGenerator { yield in
          do {
            for number in 0..<100 {
              try await yield(ByteBuffer(repeating: 1, count: 50_000))
              // The deadline as its timer would report it.
              if number == 0 {
                context.call.stream.executor.loop.execute {
                  context.call.conclude(.aborted(RPCError(code: .deadlineExceeded, message: "late"), .deadline))
                }
              }
            }
            thrown.set("nothing")
          } catch {
            thrown.set((error as? RPCError)?.code.description ?? "\(error)")
            throw error
          }
        }
      })
    try await withPeer(service, settings: [(4, 100)]) { peer, _ async throws in
      peer.send(.headers(1, grpcRequest("/test.Bytes/ServerStreaming")), .data(1, grpcMessage([1]), endStream: true))
      let frames = try await peer.response(on: 1)
      #expect(frames.map(\.kind) == [.headers, .data, .headers])
      #expect(status(frames) == "4")
      #expect(["DEADLINE_EXCEEDED", "CancellationError()"].contains(try await thrown.value()))
    }
  }

  @Test func `S4: a deadline that passes before any message is Trailers-Only`() async throws {
    let service = BytesService(
      clientStreaming: { requests, _ in
        for try await _ in requests {}
        return ByteBuffer()
      })
    try await withPeer(service) { peer, _ async throws in
      peer.send(.headers(1, grpcRequest("/test.Bytes/ClientStreaming", [("grpc-timeout", "1m")])))
      let frames = try await peer.response(on: 1)
      #expect(frames.map(\.kind) == [.headers])
      #expect(status(frames) == "4")
    }
  }

  @Test func `S4: a deadline that passes after a message is sent as trailers`() async throws {
    let service = BytesService(
      bidirectional: { requests, _ in
        AsyncGenerator { yield in
          try await yield(ByteBuffer(bytes: [1]))
          for try await _ in requests {}
        }
      })
    try await withPeer(service) { peer, _ async throws in
      var timeout = 50
      // On a busy machine the message may come too late; such a call proves nothing, so retry with more time.
      for id in stride(from: UInt32(1), to: 20, by: 2) {
        peer.send(.headers(id, grpcRequest("/test.Bytes/Bidirectional", [("grpc-timeout", "\(timeout)m")])))
        timeout *= 2
        let frames = try await peer.response(on: id)
        #expect(status(frames) == "4")
        let reset = try await peer.next(.reset, on: id)
        #expect(reset.number() == 0)
        if frames.map(\.kind) == [.headers, .data, .headers] { return }
        #expect(frames.map(\.kind) == [.headers])
      }
      Issue.record("no message came within \(timeout) ms")
    }
  }
}
