// Time-outs of calls in tests that do not wait for them.
import EchoStubs
import FreshetClient
import FreshetServer
import Synchronization
import TestSupport
import Testing

@testable import Freshet

@Suite(.timeLimit(.minutes(1))) struct CallClockTests {
  private typealias Client = Echo_V1_Echo.Client
  private let request = Echo_V1_Message.with { $0.text = "hello" }

  /// Handlers that signal their begin and their cancellation, and never respond.
  private func sleeper(_ begun: EventLog<Duration?>, _ ended: EventLog<Bool>) -> Echo_V1_Echo.Fake {
    let sleep = { @Sendable (context: ServerContext) async throws -> Never in
      begun.record(context.deadline.map { $0.remaining })
      while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
      ended.record(context.isCancelled)
      throw CancellationError()
    }
    return Echo_V1_Echo.Fake(
      get: { _, context in try await sleep(context) },
      expand: { _, context in MessageStream { _ in try await sleep(context) } },
      collect: { _, context in try await sleep(context) },
      update: { _, context in MessageStream { _ in try await sleep(context) } })
  }

  /// Counts calls that have ended; notified on the loop.
  private final class Ends: ClientInterceptor {
    private let ends = Atomic(0)
    var count: Int { ends.load(ordering: .acquiring) }
    func endCall(_ call: ClientCallRequest, error: RPCError?) { ends.add(1, ordering: .acquiringAndReleasing) }
  }

  enum Kind: CaseIterable { case get, expand, collect, update }

  private func call(_ kind: Kind, _ echo: Client, _ options: CallOptions) async throws {
    switch kind {
    case .get: let _: Echo_V1_Message = try await echo.get(request, options: options)
    case .expand: for try await _ in echo.expand(request, options: options) {}
    case .collect: let _: Echo_V1_Message = try await echo.collect([request], options: options)
    case .update: for try await _ in echo.update([request], options: options) {}
    }
  }

  @Test(arguments: Kind.allCases) func `a call ends when its time has passed by the clock, at both ends`(_ kind: Kind)
    async throws
  {
    let begun = EventLog<Duration?>(), ended = EventLog<Bool>(), clock = CallClock()
    let server = Server(services: [sleeper(begun, ended)]), ends = Ends()
    let channel = server.inProcessChannel(interceptors: [ends], clock: clock)
    let reply = Task { try await call(kind, Client(channel), CallOptions(timeout: .seconds(30))) }
    _ = try await begun.next("the handler's begin")
    await clock.advance(by: .seconds(29))
    await clock.advance(by: .nanoseconds(999_999_999))
    #expect(ends.count == 0)
    await clock.advance(by: .nanoseconds(1))
    #expect(ends.count == 1)
    let error = await #expect(throws: RPCError.self) { try await reply.value }
    #expect(error?.code == .deadlineExceeded && error?.origin == .local)
    #expect(try await ended.next("the handler's end"))
    await channel.shutdown()
    await server.drain()
  }

  @Test func `a call that begins after an advance has its whole time left, earlier ones none`() async throws {
    let begun = EventLog<Duration?>(), ended = EventLog<Bool>(), clock = CallClock()
    let server = Server(services: [sleeper(begun, ended)]), ends = Ends()
    let channel = server.inProcessChannel(interceptors: [ends], clock: clock)
    await clock.advance(by: .seconds(3_600))
    let echo = Client(channel)
    let calls = [10, 20, 30].map { seconds in
      Task { try await call(.get, echo, CallOptions(timeout: .seconds(seconds))) }
    }
    for _ in calls { _ = try await begun.next("a handler's begin") }
    for (index, running) in calls.enumerated() {
      #expect(ends.count == index)
      await clock.advance(by: .seconds(10))
      #expect(ends.count == index + 1)
      await #expect(throws: RPCError.self) { try await running.value }
      _ = try await ended.next("a handler's end")
    }
    await #expect(throws: RPCError.self) { try await call(.get, echo, CallOptions(timeout: .zero)) }
    await channel.shutdown()
    await server.drain()
  }

  @Test func `a handler's own call inherits the remaining time on the clock`() async throws {
    let begun = EventLog<Duration?>(), ended = EventLog<Bool>(), clock = CallClock()
    let inner = Server(services: [sleeper(begun, ended)])
    let innerChannel = inner.inProcessChannel(clock: clock)
    let goOn = Event(), outerBegun = Signal<Void>()
    let outer = Server(services: [
      Echo_V1_Echo.Fake(get: { request, _ in
        outerBegun.set()
        await goOn.wait()
        return try await Client(innerChannel).get(request)
      })
    ])
    let ends = Ends()
    let channel = outer.inProcessChannel(interceptors: [ends], clock: clock)
    let reply = Task { try await call(.get, Client(channel), CallOptions(timeout: .seconds(30))) }
    try await outerBegun.value()
    await clock.advance(by: .seconds(20))
    goOn.fire()
    #expect(try await begun.next("the inner handler's begin") != nil)
    await clock.advance(by: .seconds(9))
    #expect(ends.count == 0)
    await clock.advance(by: .seconds(1))
    #expect(ends.count == 1)
    await #expect(throws: RPCError.self) { try await reply.value }
    #expect(try await ended.next("the inner handler's end"))
    for channel in [channel, innerChannel] { await channel.shutdown() }
    for server in [outer, inner] { await server.drain() }
  }

  @Test func `calls without a time-out, and short ones, are unaffected`() async throws {
    let clock = CallClock(), other = CallClock()
    let server = Server(services: [Echo_V1_Echo.Fake(get: { request, _ in request })])
    let channel = server.inProcessChannel(clock: clock)
    await other.advance(by: .seconds(3_600))
    for timeout in [nil, Duration.seconds(1), .milliseconds(1), .nanoseconds(1)] {
      try await call(.get, Client(channel), CallOptions(timeout: timeout))
      await clock.advance(by: .seconds(2))
    }
    await channel.shutdown()
    await server.drain()
  }

  @Test func `a clock and its loop are released with the last channel`() async throws {
    weak var clock: CallClock?
    let server = Server(services: [Echo_V1_Echo.Fake(get: { request, _ in request })])
    do {
      let made = CallClock()
      clock = made
      try await call(.get, Client(server.inProcessChannel(clock: made)), CallOptions(timeout: .seconds(1)))
    }
    #expect(await eventually { clock == nil })
    await server.drain()
  }
}
