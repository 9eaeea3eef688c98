// One order for everything that is submitted to a loop, by any way.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import FreshetTransport

/// The loop's thread is blocked until another thread has submitted something, so that the list is never empty and the
/// loop was not woken for it: the moment in which one way could overtake another.
@Suite(.timeLimit(.minutes(5))) struct LoopOrderTests {
  /// What runs on the loop's thread after another thread's call has returned.
  enum Way: CaseIterable {
    case run, runJob, call, enter, timer, loopTask, jobOfTheExecutor
  }

  private final class Job: LoopJob, @unchecked Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    override func run() { body() }
  }

  @Test(arguments: Way.allCases)
  func `work submitted by other threads runs before what the loop begins after it`(_ way: Way) async throws {
    // Its own, since it is blocked.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    defer { group.shutdownGracefully { _ in } }
    let executor = LoopExecutor(loop: group.next())
    for _ in 0..<20 {
      let order = Log<Int>(), handedOver = Flag(), done = Signal<Void>()
      // Keeps the list non-empty: the loop is woken for this one, and blocked.
      executor.loop.execute {
        while !handedOver.isSet {}
        switch way {
        case .run: executor.run { order.append(2) }
        case .runJob: executor.run(Job { order.append(2) })
        case .enter:
          #expect(executor.enter())
          order.append(2)
        case .call, .jobOfTheExecutor, .loopTask, .timer: break
        }
        switch way {
        case .call:
          Task(executorPreference: executor) {
            await executor.call { order.append(2) }
            done.set()
          }
        case .jobOfTheExecutor:
          Task(executorPreference: executor) {
            executor.run { order.append(2) }
            done.set()
          }
        case .loopTask:
          executor.loop.execute {
            executor.run { order.append(2) }
            done.set()
          }
        case .timer:
          _ = executor.schedule(in: .zero) {
            order.append(2)
            done.set()
          }
        case .run, .runJob, .enter: done.set()
        }
      }
      executor.run { order.append(1) }
      handedOver.set()
      try await done.value()
      #expect(order.values == [1, 2])
    }
  }

  @Test
  func `runSoon on the loop runs later, after earlier submissions and before later ones`()
    async
  {
    let executor = LoopExecutor(loop: MultiThreadedEventLoopGroup.singleton.next())
    let order = Log<Int>()
    await executor.call {
      executor.runSoon { order.append(2) }
      order.append(1)
      executor.run { order.append(3) }
    }
    #expect(order.values == [1, 2, 3])
  }

  @Test func `an executor knows that its loop was shut down`() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let executor = LoopExecutor.of(group.next())
    #expect(!executor.isShutDown)
    try await group.shutdownGracefully()
    #expect(executor.isShutDown)
  }

  /// A session cannot be re-entered, so work caused by its callbacks waits until it has processed its bytes.
  @Test func `work begun in a session's callback runs after the callbacks of the same bytes`() throws {
    final class Acting: TransportStreamDelegate {
      let executor: LoopExecutor
      let order = Log<String>()
      init(_ executor: LoopExecutor) { self.executor = executor }
      func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {}
      func receiveData() {
        #expect(!executor.enter())
        let order = order
        executor.run { order.append("job") }
        order.append("data")
      }
      func receiveEndStream() { order.append("end") }
      func receiveClose(_ end: StreamEnd, connectionError: TransportError?) {}
      func refuseMessage(_ error: RPCError) {}
    }
    let end = try EmbeddedEnd.readyServer()
    end.receive(.headers(1, grpcRequest("/s/m")))
    let call = Acting(LoopExecutor.of(end.channel.eventLoop))
    end.owner.calls[0].stream?.delegate = call
    end.receive(.data(1, grpcMessage([1])), .data(1, grpcMessage([2]), endStream: true))
    #expect(call.order.values == ["data", "data", "end", "job", "job"])
    #expect(call.executor.enter())
  }

  /// The peer may have seen the submitted output, on another connection, and answered it.
  @Test func `submitted work runs before bytes that a connection receives afterwards`() throws {
    final class Reading: TransportStreamDelegate {
      let order = Log<String>()
      func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {}
      func receiveData() { order.append("data") }
      func receiveEndStream() {}
      func receiveClose(_ end: StreamEnd, connectionError: TransportError?) {}
      func refuseMessage(_ error: RPCError) {}
    }
    let end = try EmbeddedEnd.readyServer()
    end.receive(.headers(1, grpcRequest("/s/m")))
    let call = Reading(), order = call.order
    end.owner.calls[0].stream?.delegate = call
    LoopExecutor.of(end.channel.eventLoop).runSoon { order.append("job") }
    // The socket is read before the loop processes its wake-up.
    try end.channel.writeInbound(ByteBuffer(bytes: Frame.data(1, grpcMessage([1])).bytes))
    #expect(order.values == ["job", "data"])
  }

  /// Ways to end a stream's sending side or to add to it on the loop, after another thread's `put` has returned.
  @Test func `a message put on another thread is sent before a later end of the stream`() async throws {
    let pair = try await StreamPair.make()
    for number in 0..<20 {
      let (client, server, calls) = try await pair.open()
      let handedOver = Flag()
      pair.executor.loop.execute {
        while !handedOver.isSet {}
        client.finishSending()
      }
      _ = try client.put(frame(UInt8(number), count: 3))
      handedOver.set()
      #expect(try await server.next()?.bytes == Array(repeating: UInt8(number), count: 3))
      #expect(try await server.next() == nil)
      withExtendedLifetime(calls) {}
    }
    await pair.close()
  }

  @Test func `a message after the end is reported to the call, since its sender may be gone`() async throws {
    let pair = try await StreamPair.make()
    let (client, _, calls) = try await pair.open()
    let entered = Flag(), handedOver = Flag()
    pair.executor.loop.execute {
      client.finish()  // not in the order: it began before the other thread's put
      entered.set()
      while !handedOver.isSet {}
    }
    while !entered.isSet {}
    if try !client.put(frame(1, count: 1)) { client.handOverHeld() }
    handedOver.set()
    let error = try await calls.0.refusals.next("a refusal")
    #expect(error.code == .internal)
    await pair.close()
  }

  /// The cancellation may be submitted before its wait, or after it.
  @Test(arguments: [true, false])
  func `a wait whose task is cancelled ends, whichever reaches the loop first`(onLoop: Bool) async throws {
    let pair = try await StreamPair.make()
    let (client, server, calls) = try await pair.open()
    for _ in 0..<100 {
      let reading = Task(executorPreference: onLoop ? server.executor : nil) { try await server.next() }
      reading.cancel()
      await #expect(throws: RPCError.self) { try await reading.value }
    }
    try await client.send(frame(7, count: 1))
    #expect(try await server.next()?.bytes == [7])
    withExtendedLifetime(calls) {}
    await pair.close()
  }

  private final class Flag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
  }
}
