// What a reader of a stream fetches at once and takes later, on the loop and elsewhere, and when the window of it is returned.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct TransportStreamReceivingTests {
  @Test func `a batch's window is returned with the next call only`() async throws {
    let pair = try await StreamPair.make()
    let (client, server, calls) = try await pair.open()
    await server.executor.call { server.loopState.keptWindowBytes = 0 }
    for number in 0..<10 { try await client.send(frame(UInt8(number), count: 1_000)) }
    pair.executor.run { client.finish() }
    try await calls.1.ended.value()
    #expect(await server.executor.call { server.unreadBytes } == 10 * 1_005)
    for number in 0..<10 as Range<UInt8> {
      let message = number == 0 ? try await server.next() : server.takeReady()
      #expect(message?.bytes[0] == number)
      #expect(await server.executor.call { server.unreadBytes } == 9 * 1_005)
    }
    #expect(server.takeReady() == nil)
    #expect(try await server.next() == nil)
    await pair.close()
  }

  @Test func `a reader on the loop goes on with what one elsewhere has fetched`() async throws {
    let pair = try await StreamPair.make()
    let (client, server, calls) = try await pair.open()
    for number in 0..<3 { try await client.send(frame(UInt8(number), count: 1)) }
    pair.executor.run { client.finish() }
    try await calls.1.ended.value()
    #expect(try await server.next()?.bytes == [0])
    #expect(await server.executor.call { server.takeReady()?.bytes } == [1])
    let rest = try await Task(executorPreference: server.executor) {
      [try await server.next()?.bytes, try await server.next()?.bytes]
    }.value
    #expect(rest == [[2], nil])
    await pair.close()
  }

  @Test func `what was fetched is dropped when the stream fails`() async throws {
    let pair = try await StreamPair.make()
    let (client, server, calls) = try await pair.open()
    for number in 0..<3 { try await client.send(frame(UInt8(number), count: 1)) }
    pair.executor.run { client.finish() }
    try await calls.1.ended.value()
    #expect(try await server.next()?.bytes == [0])
    await server.executor.call { server.fail(RPCError(code: .aborted, message: "enough")) }
    #expect(server.takeReady() == nil)
    #expect(await rpcError { _ = try await server.next() }?.code == .aborted)
    await pair.close()
  }

  @Test func `the window of a batch is returned while the reader waits`() async throws {
    let pair = try await StreamPair.make()
    let (client, server, _) = try await pair.open()
    await server.executor.call { server.loopState.keptWindowBytes = 0 }
    for number in 0..<3 { try await client.send(frame(UInt8(number), count: 1_000)) }
    for _ in 0..<3 { _ = try await server.next() }
    let waiting = Task { try await server.next()?.bytes }
    var unread = -1
    for _ in 0..<100_000 where unread != 0 {
      unread = await server.executor.call { server.unreadBytes }
      await Task.yield()
    }
    #expect(unread == 0)
    try await client.send(frame(7, count: 1))
    #expect(try await waiting.value == [7])
    await pair.close()
  }

  @Test func `at most an eighth of the window is withheld when everything was read`() async throws {
    let pair = try await StreamPair.make()
    let (client, server, _) = try await pair.open()
    for number in 0..<200 {
      try await client.send(frame(UInt8(number), count: 1_000))
      #expect(try await server.next()?.bytes.first == UInt8(number))
    }
    let unread = await server.executor.call { server.unreadBytes }
    #expect(unread <= HTTP2Settings().firstStreamWindowBytes / 8 + 1_005)
    await pair.close()
  }

  /// A reader off the loop has read a message and left nothing behind, so its next wait needs no hop.
  private func openRead(_ pair: StreamPair) async throws -> (client: TransportStream, server: TransportStream) {
    let (client, server, _) = try await pair.open()
    await server.executor.call { server.loopState.keptWindowBytes = 0 }
    try await client.send(frame(0, count: 1))
    #expect(try await server.next()?.bytes == [0])
    #expect(server.hasFreeSeat)
    return (client, server)
  }

  @Test func `a reader off the loop gets message after message, and the window of each is returned`()
    async throws
  {
    let pair = try await StreamPair.make()
    let (client, server) = try await openRead(pair)
    for number in 1..<2_000 {
      async let coming = server.next()
      try await client.send(frame(UInt8(number % 251), count: 100))
      let came = try await coming
      let message = try #require(came)
      #expect(message.bytes[0] == UInt8(number % 251) && message.bytes.count == 100 && server.takeReady() == nil)
    }
    #expect(await server.executor.call { server.unreadBytes } == 0)
    await pair.close()
  }

  @Test func `a reader off the loop need not ask it while only little of the window is withheld`() async throws {
    let pair = try await StreamPair.make()
    let (client, server, _) = try await pair.open()
    for number in 0..<10 {
      try await client.send(frame(UInt8(number), count: 100))
      #expect(try await server.next()?.bytes.first == UInt8(number))
      #expect(server.hasFreeSeat)
    }
    await pair.close()
  }

  @Test func `a message larger than the window reaches a reader off the loop`() async throws {
    var settings = HTTP2Settings()
    settings.streamWindowBytes = 64 * 1024
    let pair = try await StreamPair.make(serverSettings: settings)
    let (client, server) = try await openRead(pair)
    async let coming = server.next()
    try await client.send(frame(3, count: 2_000_000))
    let came = try await coming
    #expect(came?.payload.readableBytes == 2_000_000)
    await pair.close()
  }

  @Test func `a reader off the loop can be cancelled at any time, and later messages are not lost`()
    async throws
  {
    let pair = try await StreamPair.make()
    let (client, server) = try await openRead(pair)
    for number in 0..<500 {
      let reading = Signal<Void>()
      let reader = Task { () -> [UInt8]? in
        reading.set()
        return try await server.next()?.bytes
      }
      if number % 3 == 0 { try await reading.value() }
      if number % 3 == 1 { await Task.yield() }
      reader.cancel()
      #expect(await rpcError { _ = try await reader.value }?.code == .cancelled)
      try await client.send(frame(UInt8(number % 251), count: 1))
      #expect(try await server.next()?.bytes == [UInt8(number % 251)])
    }
    await pair.close()
  }

  @Test func `of two readers off the loop, one gets a typed error, the other its message`() async throws {
    let pair = try await StreamPair.make()
    let (client, server) = try await openRead(pair)
    try await withThrowingTaskGroup { group in
      for _ in 0..<2 {
        group.addTask { () -> String in
          do throws(RPCError) { return "\(try await server.next()?.bytes ?? [])" } catch {
            return "\(error.code)"
          }
        }
      }
      #expect(try await group.next() == "INTERNAL")
      try await client.send(frame(5, count: 1))
      #expect(try await group.next() == "[5]")
    }
    await pair.close()
  }

  @Test func `a reader off the loop learns of the end, and of a lost connection`() async throws {
    let pair = try await StreamPair.make()
    let (client, server) = try await openRead(pair)
    async let end = server.next()
    pair.executor.run { client.finish() }
    let ended = try await end
    #expect(ended == nil)
    let (_, other) = try await openRead(pair)
    let reader = Task { _ = try await other.next() }
    await pair.close()
    #expect(await rpcError { try await reader.value }?.code == .unavailable)
  }
}
