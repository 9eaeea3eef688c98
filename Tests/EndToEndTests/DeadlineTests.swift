// Deadlines: at the client, on the wire, in the handler, and in the handler's own calls.
import Freshet
import struct NIOCore.ByteBuffer
import Synchronization
import TestSupport
import Testing

@Suite struct DeadlineTests {
  @Test func `S4: the deadline cancels the handler and the status is DEADLINE_EXCEEDED`() async throws {
    let cancelled = Signal<Void>()
    let service = BytesService(unary: { request, _ in
      try await neverEnding(cancelled)
      return request
    })
    try await withServerAndChannel(service) { channel in
      var timeout = Duration.milliseconds(50)
      // On a busy machine a call may expire before its handler starts; such a call proves nothing, so retry with more
      // time.
      for _ in 0..<8 where !cancelled.isSet {
        let options = CallOptions(timeout: timeout)
        let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer(), options: options) }
        #expect(error.code == .deadlineExceeded)
        timeout *= 2
      }
      try await cancelled.value()
    }
  }

  @Test func `C4: a zero time-out is exceeded before any response`() async throws {
    try await withServerAndChannel(BytesService(unary: { request, _ in request })) { channel in
      for _ in 0..<50 {
        let options = CallOptions(timeout: .zero)
        let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer(), options: options) }
        #expect(error.code == .deadlineExceeded)
        _ = try await channel.unary(BytesService.unary, ByteBuffer())  // so that the next finds a connection
      }
    }
  }

  @Test func `C4: the deadline applies while connecting`() async throws {
    // Nothing is accepted here: the listener's backlog takes the connection, and no SETTINGS ever arrive.
    try await withSilentListener { target in
      try await withChannel(RPCChannel(target)) { channel in
        let options = CallOptions(timeout: .milliseconds(50))
        let error = await rpcError { try await channel.unary(BytesService.unary, ByteBuffer(), options: options) }
        #expect(error.code == .deadlineExceeded && error.origin == .local)
      }
    }
  }

  @Test func `a handler sees the deadline and its calls inherit it`() async throws {
    let seen = Mutex<[Duration?]>([])
    let inner = BytesService(unary: { request, context in
      seen.withLock { $0.append(context.deadline?.remaining) }
      return request
    })
    try await withServerAndChannel(inner) { innerChannel in
      let outer = BytesService(unary: { request, context in
        seen.withLock { $0.append(context.deadline?.remaining) }
        return try await innerChannel.unary(BytesService.unary, request).message
      })
      try await withServerAndChannel(outer) { channel in
        _ = try await channel.unary(BytesService.unary, ByteBuffer(), options: CallOptions(timeout: .seconds(100)))
        _ = try await channel.unary(BytesService.unary, ByteBuffer())
      }
    }
    let remaining = seen.withLock { $0 }
    try #require(remaining.count == 4)
    let outer = try #require(remaining[0])
    let inherited = try #require(remaining[1])
    #expect(outer <= .seconds(100) && inherited <= outer && inherited > .seconds(50))
    #expect(remaining[2] == nil && remaining[3] == nil)
  }

  @Test func `a deadline in the middle of a stream ends it`() async throws {
    let cancelled = Signal<Void>()
    let service = BytesService(serverStreaming: { _, _ in
      AsyncGenerator { yield in
        try await yield(ByteBuffer(string: "one"))
        try await neverEnding(cancelled)
      }
    })
    try await withServerAndChannel(service) { channel in
      var timeout = Duration.milliseconds(200)
      // On a busy machine the first message may come too late; such a call proves nothing, so retry with more time.
      for _ in 0..<8 {
        let options = CallOptions(timeout: timeout)
        var responses = channel.serverStreaming(BytesService.serverStreaming, ByteBuffer(), options: options)
          .makeAsyncIterator()
        let first = try? await responses.next()
        timeout *= 2
        if first == nil { continue }
        let error = await rpcError { try await responses.next() }
        #expect(error.code == .deadlineExceeded)
        let afterwards = try await responses.next()
        #expect(afterwards == nil)
        return try await cancelled.value()
      }
      Issue.record("no first message within \(timeout)")
    }
  }

  @Test func `work that outlives a handler is not bound by its deadline`() async throws {
    let tasks = Mutex<[ByteBuffer: Task<ByteBuffer, any Error>]>([:]), isOver = Signal<Void>()
    let inner = BytesService(unary: { request, _ in request })
    try await withServerAndChannel(inner) { innerChannel in
      let outer = BytesService(unary: { request, context in
        guard let deadline = context.deadline else { throw RPCError(code: .internal, message: "no deadline") }
        #expect(Deadline.current == deadline)
        async let child = Deadline.current
        #expect(await child == deadline)
        let within = Task { Deadline.current }
        #expect(await within.value == deadline)
        let task = Task {
          try await isOver.value()
          while !deadline.hasPassed { await Task.yield() }
          if let current = Deadline.current { throw RPCError(code: .internal, message: "still bound by \(current)") }
          return try await innerChannel.unary(BytesService.unary, request).message
        }
        tasks.withLock { $0[request] = task }
        return request
      })
      try await withServerAndChannel(outer) { channel in
        // On a busy machine a call may expire before its handler has ended; such a call proves nothing, so retry with
        // more time.
        for attempt in 0..<10 {
          let request = ByteBuffer(integer: attempt)
          let options = CallOptions(timeout: .milliseconds(50 << attempt))
          guard (try? await channel.unary(BytesService.unary, request, options: options)) != nil else { continue }
          isOver.set()
          let task = try #require(tasks.withLock { $0[request] })
          return #expect(try await task.value == request)
        }
        Issue.record("no call ended in time")
      }
    }
  }

  @Test func `a handler's inner deadline does not extend its own`() async throws {
    let service = BytesService(unary: { request, context in
      let own = context.deadline
      await withDeadline(.after(.seconds(1_000))) { #expect(Deadline.current == own) }
      await withDeadline(.after(.zero)) { #expect(Deadline.current?.hasPassed == true) }
      return request
    })
    try await withServerAndChannel(service) { channel in
      _ = try await channel.unary(BytesService.unary, ByteBuffer(), options: CallOptions(timeout: .seconds(100)))
      try await withDeadline(.after(.seconds(100))) { _ = try await channel.unary(BytesService.unary, ByteBuffer()) }
    }
  }

  @Test func `a caller's deadline binds its calls`() async throws {
    try await withServerAndChannel(BytesService(unary: { request, _ in request })) { channel in
      let error = await withDeadline(.after(.zero)) {
        await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) }
      }
      #expect(error.code == .deadlineExceeded)
    }
  }
}
