// Cancellation by either side, and how the other learns of it.
import Freshet
import FreshetStreams
import struct NIOCore.ByteBuffer
import TestSupport
import Testing

@Suite struct CancellationTests {
  @Test func `cancelling the caller's task cancels the handler`() async throws {
    let started = Signal<Void>()
    let cancelled = Signal<Void>()
    let service = BytesService(unary: { request, _ in
      started.set()
      try await neverEnding(cancelled)
      return request
    })
    try await withServerAndChannel(service) { channel in
      let call = Task { await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) } }
      try await started.value()
      call.cancel()
      #expect(await call.value.code == .cancelled)
      try await cancelled.value()
    }
  }

  @Test func `dropping the iterator cancels the handler`() async throws {
    let cancelled = Signal<Void>()
    let service = BytesService(serverStreaming: { _, _ in
      AsyncGenerator { yield in
        try await yield(ByteBuffer(string: "one"))
        try await neverEnding(cancelled)
      }
    })
    try await withServerAndChannel(service) { channel in
      for try await _ in channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()) { break }
      try await cancelled.value()
    }
  }

  /// Where a stream is read: on the loop message by message, elsewhere in batches.
  enum Place: CaseIterable { case onLoop, elsewhere }
  enum Cancelled: CaseIterable { case task, call }

  @Test(arguments: Place.allCases, Cancelled.allCases)
  func nothingIsDeliveredAfterACancellationThoughAllHasCome(_ place: Place, _ cancelled: Cancelled) async throws {
    let service = BytesService(bidirectional: { _, _ in
      AsyncGenerator { yield in for number in 0..<5 { try await yield(.patterned(number, count: 8)) } }
    })
    try await withServerAndChannel(service) { channel in
      let executor = place == .onLoop ? channel.executor : nil
      let call = channel.bidirectional(BytesService.bidirectional)
      _ = try await call.responses.trailers  // so everything has arrived, and the call has ended with OK
      let reading = Task(executorPreference: executor) {
        var responses = call.responses.makeAsyncIterator()
        let first = try await responses.next(), second = try await responses.next()
        #expect(first?.number == 0 && second?.number == 1)
        switch cancelled {
        case .task: withUnsafeCurrentTask { $0?.cancel() }
        case .call: call.cancel()
        }
        let error = await rpcError { try await responses.next() }
        #expect(error.code == .cancelled)
        let last = try await responses.next()
        #expect(last == nil)
      }
      try await reading.value
    }
  }

  @Test(arguments: [HandlerExecution.eventLoop, .globalPool])
  func aHandlerWhoseReadingTaskIsCancelledGetsNoMoreRequestsThoughAllHaveCome(_ execution: HandlerExecution)
    async throws
  {
    let begin = Signal<Void>(), outcome = Signal<RPCError>()
    let service = BytesService(
      clientStreaming: { requests, _ in
        try await begin.value()
        let reading = Task {
          var requests = requests.makeAsyncIterator()
          let first = try await requests.next()
          #expect(first?.number == 0)
          withUnsafeCurrentTask { $0?.cancel() }
          outcome.set(await rpcError { try await requests.next() })
          let last = try await requests.next()
          #expect(last == nil)
        }
        try await reading.value
        return ByteBuffer()
      }, execution: execution)
    try await withServerAndChannel(service) { channel in
      let requests = AsyncGenerator { yield in
        for number in 0..<5 { try await yield(ByteBuffer.patterned(number, count: 8)) }
        begin.set()
      }
      _ = try await channel.clientStreaming(BytesService.clientStreaming, requests)
    }
    #expect(try await outcome.value().code == .cancelled)
  }

  @Test func `cancelling the reading task ends its stream as cancelled`() async throws {
    let first = Signal<Void>()
    let cancelled = Signal<Void>()
    let service = BytesService(serverStreaming: { _, _ in
      AsyncGenerator { yield in
        try await yield(ByteBuffer(string: "one"))
        try await neverEnding(cancelled)
      }
    })
    try await withServerAndChannel(service) { channel in
      let reading = Task {
        await rpcError {
          for try await _ in channel.serverStreaming(BytesService.serverStreaming, ByteBuffer()) { first.set() }
        }
      }
      try await first.value()
      reading.cancel()
      #expect(await reading.value.code == .cancelled)
      try await cancelled.value()
    }
  }

  @Test func `a stream that was started and dropped cancels the handler`() async throws {
    let started = Signal<Void>()
    let cancelled = Signal<Void>()
    let service = BytesService(serverStreaming: { _, _ in
      AsyncGenerator { _ in
        started.set()
        try await neverEnding(cancelled)
      }
    })
    try await withServerAndChannel(service) { channel in
      do {
        let stream = channel.serverStreaming(BytesService.serverStreaming, ByteBuffer())
        stream.start()
        try await started.value()
      }
      try await cancelled.value()
    }
  }

  @Test func `a status before the last request cancels the producer`() async throws {
    let ended = Signal<Void>()
    let service = BytesService(clientStreaming: { _, _ in
      throw RPCError(code: .failedPrecondition, message: "enough")
    })
    try await withServerAndChannel(service) { channel in
      let requests = AsyncGenerator<ByteBuffer, any Error> { yield in
        defer { ended.set() }
        while true { try await yield(ByteBuffer(repeating: 0, count: 1024)) }
      }
      let error = await rpcError { try await channel.clientStreaming(BytesService.clientStreaming, requests) }
      #expect(error.code == .failedPrecondition && error.message == "enough" && error.origin == .peer)
      try await ended.value()
    }
  }

  struct Trouble: Error, Equatable { var number = 7 }

  @Test func `an error of the requests cancels the call and is rethrown`() async throws {
    let received = Signal<Void>()
    let cancelled = Signal<Void>()
    let service = BytesService(clientStreaming: { requests, _ in
      do {
        for try await _ in requests { received.set() }
      } catch {
        cancelled.set()
        throw error
      }
      return ByteBuffer()
    })
    try await withServerAndChannel(service) { channel in
      let requests = AsyncGenerator<ByteBuffer, any Error> { yield in
        try await yield(ByteBuffer())
        try await received.value()
        throw Trouble()
      }
      await #expect(throws: Trouble()) { try await channel.clientStreaming(BytesService.clientStreaming, requests) }
      try await cancelled.value()
    }
  }

  @Test func `an error of the requests is the cause of the response reader's error`() async throws {
    let service = BytesService(bidirectional: { requests, _ in
      AsyncGenerator { yield in for try await request in requests { try await yield(request) } }
    })
    try await withServerAndChannel(service) { channel in
      let requests = AsyncGenerator<ByteBuffer, any Error> { yield in
        try await yield(ByteBuffer())
        throw Trouble()
      }
      let error = await rpcError { for try await _ in channel.bidirectional(BytesService.bidirectional, requests) {} }
      #expect(error.code == .unknown && error.cause as? Trouble == Trouble() && error.origin == .local)
      let refused = await rpcError {
        for try await _ in channel.bidirectional(
          BytesService.bidirectional, failing(RPCError(code: .dataLoss, message: "torn"), of: ByteBuffer.self))
        {}
      }
      #expect(refused.code == .dataLoss && refused.message == "torn")
    }
  }

  @Test func `an RPCError of the requests is the call's error`() async throws {
    let service = BytesService(clientStreaming: { requests, _ in
      for try await _ in requests {}
      return ByteBuffer()
    })
    try await withServerAndChannel(service) { channel in
      let error = await rpcError {
        try await channel.clientStreaming(
          BytesService.clientStreaming, failing(RPCError(code: .dataLoss, message: "torn"), of: ByteBuffer.self))
      }
      #expect(error.code == .dataLoss && error.message == "torn")
    }
  }

  @Test func `the end of the call is not mistaken for an error of the requests`() async throws {
    let service = BytesService(clientStreaming: { _, _ in throw RPCError(code: .failedPrecondition, message: "enough") }
    )
    try await withServerAndChannel(service) { channel in
      let requests = AsyncGenerator<ByteBuffer, any Error> { yield in
        do {
          while true { try await yield(ByteBuffer(repeating: 0, count: 1024)) }
        } catch { throw Trouble() }
      }
      let error = await rpcError { try await channel.clientStreaming(BytesService.clientStreaming, requests) }
      #expect(error.code == .failedPrecondition)
    }
  }

  @Test func `a lost connection cancels handlers and fails calls as UNAVAILABLE`() async throws {
    let started = Signal<Void>()
    let cancelled = Signal<Void>()
    let service = BytesService(unary: { request, _ in
      started.set()
      try await neverEnding(cancelled)
      return request
    })
    try await withServer([service]) { address in
      let channel = RPCChannel(address.target)
      let call = Task { await rpcError { try await channel.unary(BytesService.unary, ByteBuffer()) } }
      try await started.value()
      await channel.shutdown(grace: .zero)
      let error = await call.value
      #expect(error.code == .unavailable && error.message.contains("shut down"))
      try await cancelled.value()
    }
  }

  @Test(arguments: [HandlerExecution.eventLoop, .globalPool])
  func handlersRunWhereTheServiceSays(_ execution: HandlerExecution) async throws {
    let service = BytesService(
      unary: { request, _ in request },
      bidirectional: { requests, _ in
        AsyncGenerator { yield in
          for try await request in requests { try await yield(request) }
        }
      }, execution: execution)
    try await withServerAndChannel(service) { channel in
      #expect(try await channel.unary(BytesService.unary, ByteBuffer(string: "x")).message == ByteBuffer(string: "x"))
      let requests = unfold(0) { number -> ByteBuffer? in
        number += 1
        return number <= 500 ? .patterned(number, count: 100) : nil
      }
      var count = 0
      for try await response in channel.bidirectional(BytesService.bidirectional, requests) {
        count += 1
        #expect(response.number == count)
      }
      #expect(count == 500)
    }
  }
}

/// Waits until its task is cancelled, signals that, and throws.
func neverEnding(_ cancelled: Signal<Void>) async throws {
  let over = Signal<Void>()
  await withTaskCancellationHandler {
    _ = try? await over.value()
  } onCancel: {
    over.set()
  }
  cancelled.set()
  throw CancellationError()
}
