// Back-pressure in both directions: endless producers wait for a reader that stops, and memory stays flat.
import Foundation
import Freshet
import struct NIOCore.ByteBuffer
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct BackPressureTests {
  private static let messageBytes = 64 * 1024

  /// The maximum in flight between a stopped consumer and the producer: the stream's window (64 KiB, and up to 16 MiB
  /// while it was read), the sender's queue (64 KiB and the message that exceeded it), NIO's (256 KiB), and the two
  /// sockets' buffers, which Linux grows up to 6 MiB and 4 MiB for TCP.
  private static let maxOnTheWayBytes = 28 * 1024 * 1024

  @Test func `an endless server stream waits for its reader`() async throws {
    let produced = Counter()
    let ended = Signal<Void>()
    let service = BytesService(
      unary: { request, _ in request },
      serverStreaming: { _, _ in
        AsyncGenerator { yield in
          defer { ended.set() }
          while true { try await yield(.patterned(produced.increment(), count: Self.messageBytes)) }
        }
      })
    try await withServerAndChannel(service) { channel in
      var responses: ResponseStream<ByteBuffer>.AsyncIterator? =
        channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()).makeAsyncIterator()
      #expect(try await responses?.next()?.number == 1)
      try await expectStopped(produced, channel, "server streaming")
      for number in 2...200 { #expect(try await responses?.next()?.number == number) }
      try await expectStopped(produced, channel, "server streaming, after 200 were read")
      responses = nil
      try await ended.value()
    }
  }

  @Test func `an endless client stream waits for its reader`() async throws {
    let produced = Counter()
    let ended = Signal<Void>()
    let readOn = Signal<Void>()
    let numbers = Mutex<[Int]>([])
    let service = BytesService(
      unary: { request, _ in request },
      clientStreaming: { requests, _ in
        var iterator = requests.makeAsyncIterator()
        for _ in 0..<1 { numbers.append(try await iterator.next()?.number) }
        try await readOn.value()
        for _ in 0..<199 { numbers.append(try await iterator.next()?.number) }
        return ByteBuffer()
      })
    try await withServerAndChannel(service) { channel in
      let requests = AsyncGenerator<ByteBuffer, any Error> { yield in
        defer { ended.set() }
        while true { try await yield(.patterned(produced.increment(), count: Self.messageBytes)) }
      }
      async let response = channel.clientStreaming(BytesService.clientStreaming, requests)
      try await expectStopped(produced, channel, "client streaming")
      readOn.set()
      _ = try await response
      try await ended.value()
      #expect(numbers.withLock { $0 } == Array(1...200))
    }
  }

  /// Makes unary calls over the same connection until nothing was produced during 200 of them, then 2,000 more, and
  /// checks how much was produced and how the process's memory has grown.
  private func expectStopped(_ produced: Counter, _ channel: RPCChannel, _ title: String) async throws {
    var before = -1
    for _ in 0..<100 where before != produced.value {
      before = produced.value
      for _ in 0..<200 { _ = try await channel.unary(BytesService.unary, ByteBuffer(string: "tick")) }
    }
    let stoppedAt = produced.value
    let residentBefore = ResidentMemory.bytes
    for _ in 0..<2_000 { _ = try await channel.unary(BytesService.unary, ByteBuffer(string: "tick")) }
    let grown = ResidentMemory.bytes - residentBefore
    print(
      "back-pressure, \(title): suspended after \(stoppedAt) messages of 64 KiB; memory during 2,000 calls more:",
      "\(residentBefore / 1024) KiB, \(grown / 1024) KiB grown")
    #expect(produced.value == stoppedAt, "produced although nothing was read")
    #expect(stoppedAt * Self.messageBytes <= Self.maxOnTheWayBytes + 200 * Self.messageBytes)
    if Sanitizer.keepsFreedMemory {
      print("back-pressure, \(title): memory is not judged, because AddressSanitizer keeps what was freed")
      return
    }
    // The produced amount is exact. Memory is the whole process's, in which other suites run meanwhile, with proxies
    // and messages of megabytes: they alone have used 73 MiB.
    #expect(grown < 256 * 1024 * 1024, "memory grew while the producer should wait")
  }
}

/// Counts across tasks.
private final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  var value: Int { count.load(ordering: .relaxed) }
  func increment() -> Int { count.add(1, ordering: .relaxed).newValue }
}

extension Mutex where Value == [Int] {
  fileprivate func append(_ number: Int?) { withLock { $0.append(number ?? -1) } }
}

/// The process's resident memory.
private enum ResidentMemory {
  static var bytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    return (Int(text.split(separator: " ")[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
