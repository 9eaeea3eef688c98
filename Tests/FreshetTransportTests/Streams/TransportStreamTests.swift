// Streams of two connections over a socket pair: waits, and how they end.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import FreshetTransport

@Suite(.timeLimit(.minutes(5))) struct TransportStreamTests {
  private final class Count: Sendable {
    private let number = Atomic(0)
    func add() { number.add(1, ordering: .relaxed) }
    var value: Int { number.load(ordering: .relaxed) }
  }

  @Test(arguments: [true, false])
  func `messages arrive in order, from the loop and from other threads, then the end`(onLoop: Bool) async throws {
    let pair = try await StreamPair.make()
    let (client, server, _) = try await pair.open()
    let sender = Task(executorPreference: onLoop ? pair.executor : nil) {
      for number in 0..<500 { try await client.send(frame(UInt8(truncatingIfNeeded: number), count: number * 7)) }
      pair.executor.run { client.finish() }
    }
    let reader = Task(executorPreference: onLoop ? server.executor : nil) {
      var count = 0
      while let message = try await server.next() {
        #expect(message.bytes == Array(repeating: UInt8(truncatingIfNeeded: count), count: count * 7))
        count += 1
      }
      return count
    }
    try await sender.value
    #expect(try await reader.value == 500)
    #expect(try await server.next() == nil)
    await pair.close()
  }

  @Test(arguments: [true, false])
  func `put reports when the queue is over its bound, and the wait for room ends when the peer reads`(
    onLoop: Bool
  ) async throws {
    let pair = try await StreamPair.make()
    let (client, server, _) = try await pair.open()
    let putting = Task(executorPreference: onLoop ? pair.executor : nil) {
      var count = 1
      while try client.put(frame(1, count: 16 * 1024)) { count += 1 }
      try await client.waitForRoom()
      pair.executor.run { client.finish() }
      return count
    }
    var read = 0
    while try await server.next() != nil { read += 1 }
    #expect(try await putting.value == read)
    await pair.close()
  }

  @Test(arguments: [true, false])
  func `put on a closed stream: the error comes at once on the loop, elsewhere with the wait`(
    onLoop: Bool
  ) async throws {
    let pair = try await StreamPair.make()
    let (client, _, _) = try await pair.open()
    let broken = RPCError(code: .aborted, message: "broken off")
    pair.executor.run { client.reset(.cancel, error: broken) }
    let error = await Task(executorPreference: onLoop ? pair.executor : nil) {
      await rpcError {
        while try client.put(frame(1, count: 16 * 1024)) {}
        try await client.waitForRoom()
      }
    }.value
    #expect(error?.message == "broken off")
    await pair.close()
  }

  @Test(arguments: [true, false])
  func `a message after the end is refused, with the wait at the latest`(onLoop: Bool) async throws {
    let pair = try await StreamPair.make()
    let (client, server, _) = try await pair.open()
    let error = await Task(executorPreference: onLoop ? pair.executor : nil) {
      await rpcError {
        try await client.send(frame(1, count: 10))
        _ = await pair.executor.call { client.finish() }
        try await client.send(frame(2, count: 10))
        try await client.waitForRoom()
      }
    }.value
    #expect(error?.message == "a message was sent after the end of the stream")
    #expect(try await server.next()?.bytes == Array(repeating: 1, count: 10))
    #expect(try await server.next() == nil)
    await pair.close()
  }

  @Test func `a sender is never further ahead than the window, the queue's bound and one message`() async throws {
    var settings = HTTP2Settings()
    settings.streamWindowBytes = 512 * 1024  // fixed
    let pair = try await StreamPair.make(serverSettings: settings)
    let (client, server, _) = try await pair.open()
    let sent = Count()
    let message = 32 * 1024
    let sender = Task {
      for _ in 0..<100 {
        try await client.send(frame(1, count: message))
        sent.add()
      }
      pair.executor.run { client.finish() }
    }
    var read = 0
    // The window, the queue at its bound, one more message on top, and the reader's half window not returned yet.
    let bound = (512 * 1024 + 64 * 1024) / message + 2
    while try await server.next() != nil {
      read += 1
      #expect(sent.value <= read + bound)
    }
    #expect(read == 100)
    try await sender.value
    await pair.close()
  }

  @Test(arguments: [true, false])
  func `a sender waiting for room is cancelled with its task`(onLoop: Bool) async throws {
    let pair = try await StreamPair.make()
    let (client, _, calls) = try await pair.open()
    let sent = Count()
    let sender = Task(executorPreference: onLoop ? pair.executor : nil) {
      for _ in 0..<1_000 {  // 64 MB that are not read
        try await client.send(frame(1, count: 64 * 1024))
        sent.add()
      }
    }
    for _ in 0..<1_000_000 where sent.value < 4 { await Task.yield() }
    sender.cancel()
    let error = await rpcError { try await sender.value }
    #expect(error?.code == .cancelled)
    #expect(sent.value < 10)
    #expect(calls.0.closes == [])
    await pair.close()
  }

  @Test(arguments: [true, false])
  func `a waiting reader is cancelled with its task, before and after its wait began`(onLoop: Bool) async throws {
    let pair = try await StreamPair.make()
    let (client, server, _) = try await pair.open()
    for round in 0..<200 {
      let reader = Task(executorPreference: onLoop ? server.executor : nil) { _ = try await server.next() }
      for _ in 0..<(round % 7) { await Task.yield() }
      reader.cancel()
      let error = await rpcError { try await reader.value }
      #expect(error?.code == .cancelled)
    }
    // The stream still works.
    try await client.send(frame(9, count: 1))
    #expect(try await server.next()?.bytes == [9])
    await pair.close()
  }

  @Test func `cancellations racing with messages lose none`() async throws {
    let pair = try await StreamPair.make()
    let (client, server, _) = try await pair.open()
    let sender = Task {
      for number in 0..<300 {
        try await client.send(frame(UInt8(truncatingIfNeeded: number), count: 1))
        await Task.yield()
      }
      pair.executor.run { client.finish() }
    }
    var received: [UInt8] = []
    var isOver = false
    for round in 0..<100_000 where !isOver {
      let reader = Task { try await server.next()?.bytes }
      for _ in 0..<(round % 5) { await Task.yield() }
      reader.cancel()
      do {
        if let bytes = try await reader.value { received += bytes } else { isOver = true }
      } catch let error as RPCError {
        #expect(error.code == .cancelled)
      }
    }
    try await sender.value
    #expect(received == (0..<300).map { UInt8(truncatingIfNeeded: $0) })
    await pair.close()
  }

  @Test func `of two readers, one gets a typed error and the other its message`() async throws {
    let pair = try await StreamPair.make()
    let (client, server, _) = try await pair.open()
    try await withThrowingTaskGroup { group in
      for _ in 0..<2 {
        group.addTask { () -> String in
          do throws(RPCError) { return "\(try await server.next()?.bytes ?? [])" } catch { return "\(error.code)" }
        }
      }
      #expect(try await group.next() == "INTERNAL")
      try await client.send(frame(5, count: 1))
      #expect(try await group.next() == "[5]")
    }
    await pair.close()
  }

  @Test func `of two waiting senders, one gets a typed error`() async throws {
    let pair = try await StreamPair.make()
    let (client, server, _) = try await pair.open()
    let codes = await withTaskGroup { group in
      for _ in 0..<2 {
        group.addTask { () -> Status.Code? in
          do throws(RPCError) {
            for _ in 0..<50 { try await client.send(frame(1, count: 64 * 1024)) }
            return nil
          } catch { return error.code }
        }
      }
      let first = await group.next()!
      let reader = Task { while try await server.next() != nil {} }
      let second = await group.next()!
      reader.cancel()
      return [first, second]
    }
    #expect(codes == [.internal, nil])
    await pair.close()
  }

  @Test func `a message without room waits for the next job of its sender`()
    async throws
  {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let executor = LoopExecutor.of(group.next()), gate = Gate()
    let stream = TransportStream(executor: executor, maxMessageBytes: 1)
    executor.runSoon { gate.pass() }
    try await gate.reached.value()
    #expect(try !stream.put(frame(1, count: 70_000)))
    #expect(executor.waitingJobCount == 0)
    #expect(try !stream.put(frame(2, count: 70_000)))
    #expect(executor.waitingJobCount == 1)
    stream.finishSending()
    #expect(executor.waitingJobCount == 3)
    gate.open()
    let sent = await executor.call { stream.takeOutput() }
    let bytes = sent?.bytes ?? ByteBuffer()
    #expect(bytes.readableBytes == 2 * 70_005 && sent?.isLast == true)
    #expect(bytes.getBytes(at: 100, length: 1) == [1] && bytes.getBytes(at: 100_000, length: 1) == [2])
    try await group.shutdownGracefully()
  }

  @Test func `a held message does not retain its stream`() async throws {
    let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
    weak var gone: TransportStream?
    do {
      let stream = TransportStream(executor: executor, maxMessageBytes: 1)
      gone = stream
      #expect(try !stream.put(frame(1, count: 70_000)))
    }
    #expect(gone == nil)
  }

  @Test func `a message larger than the window arrives while a reader waits for it`() async throws {
    var settings = HTTP2Settings()
    settings.streamWindowBytes = 64 * 1024
    let pair = try await StreamPair.make(serverSettings: settings)
    let (client, server, _) = try await pair.open()
    let sender = Task { try await client.send(frame(3, count: 2_000_000)) }
    #expect(try await server.next()?.payload.readableBytes == 2_000_000)
    try await sender.value
    await pair.close()
  }

  @Test func `a message over the limit fails its reader with RESOURCE_EXHAUSTED`() async throws {
    let pair = try await StreamPair.make(maxMessageBytes: 1_000)
    let (client, server, _) = try await pair.open()
    try await client.send(frame(3, count: 1_001))
    #expect(await rpcError { _ = try await server.next() }?.code == .resourceExhausted)
    #expect(await rpcError { _ = try await server.next() }?.code == .resourceExhausted)
    await pair.close()
  }

  @Test func `a reset fails both directions here and closes the stream there`() async throws {
    let pair = try await StreamPair.make()
    let (client, server, calls) = try await pair.open()
    let reader = Task { _ = try await client.next() }
    let otherReader = Task { _ = try await server.next() }
    pair.executor.run { client.reset(.cancel, error: RPCError(code: .aborted, message: "given up")) }
    #expect(await rpcError { try await reader.value }?.code == .aborted)
    #expect(await rpcError { try await client.send(frame(1, count: 1)) }?.code == .aborted)
    #expect(try await calls.1.closed.value() == .resetByPeer(.cancel))
    #expect(try await calls.0.closed.value() == .resetByUs(.cancel))
    #expect(await rpcError { try await otherReader.value }?.code == .unavailable)
    await pair.close()
  }

  @Test func `the connection's end resumes every waiting task once`() async throws {
    let pair = try await StreamPair.make()
    var tasks: [Task<Void, any Error>] = []
    for _ in 0..<20 {
      let (client, server, _) = try await pair.open()
      tasks.append(Task { _ = try await client.next() })
      tasks.append(Task { _ = try await server.next() })
      let (sending, _, _) = try await pair.open()
      tasks.append(Task { for _ in 0..<100 { try await sending.send(frame(1, count: 64 * 1024)) } })
    }
    await pair.close()
    for task in tasks { #expect(await rpcError { try await task.value }?.code == .unavailable) }
  }

  @Test func `nothing of a call or a connection is retained after its end`() async throws {
    weak var client: TransportStream?
    weak var server: TransportStream?
    weak var clientConnection: TransportConnection?
    weak var serverConnection: TransportConnection?
    do {
      let pair = try await StreamPair.make()
      do {
        let streams = try await pair.open()
        client = streams.client
        server = streams.server
        clientConnection = await pair.executor.call { WeakConnection(pair.client.connection) }.value
        serverConnection = await streams.server.executor.call { WeakConnection(pair.server.connection) }.value
        try await streams.client.send(frame(1, count: 10))
        _ = try await streams.server.next()
        let serving = streams.server
        await serving.executor.call { serving.sendResponseOnly([":status": "200", "grpc-status": "0"]) }
        _ = try await streams.calls.0.closed.value()
        _ = try await streams.calls.1.closed.value()
      }
      await pair.close()
    }
    #expect(await eventually { client == nil && server == nil && clientConnection == nil && serverConnection == nil })
    #expect(client == nil)
    #expect(server == nil)
    #expect(clientConnection == nil)
    #expect(serverConnection == nil)
  }

  private final class WeakConnection: @unchecked Sendable {
    weak var value: TransportConnection?
    init(_ value: TransportConnection?) { self.value = value }
  }
}
