// Lookups of a channel's name.
import FreshetTransport
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import FreshetClient

@Suite(.timeLimit(.minutes(5))) struct NameLookupTests {
  private let executor = LoopExecutor.of(MultiThreadedEventLoopGroup.singleton.next())
  private let results = EventLog<String>()

  private func start(_ lookup: NIOLoopBound<NameLookup>, _ name: String) {
    let results = results
    executor.run {
      lookup.value.start(host: "a.test", port: 80) { result in
        switch result {
        case .success(let addresses): results.record("\(name): \(addresses.map(\.description).joined(separator: " "))")
        case .failure(let error): results.record("\(name): \(error)")
        }
      }
    }
  }

  private func lookup(_ resolve: @escaping NameLookup.Resolve) -> NIOLoopBound<NameLookup> {
    let executor = executor
    return NIOLoopBound(NameLookup(resolve, on: executor), eventLoop: executor.loop)
  }

  @Test func `the addresses are in the resolver's order`() async throws {
    let made = try await executor.loop.submit { [self] in
      lookup { host, port in try ["::1", "10.0.0.1"].map { try SocketAddress(ipAddress: $0, port: port) } }
    }.get()
    start(made, "first")
    #expect(try await results.next("addresses") == "first: ipv6:[::1]:80 ipv4:10.0.0.1:80")
  }

  @Test func `an error is reported as it is, with the name if it has none`() async throws {
    struct Odd: Error {}
    let made = try await executor.loop.submit { [self] in lookup { _, _ in throw Odd() } }.get()
    start(made, "first")
    #expect(try await results.next("an error") == "first: the name “a.test” cannot be resolved: Odd()")
    let typed = try await executor.loop.submit { [self] in
      lookup { _, _ in throw TransportError(.connect, "no such name") }
    }.get()
    start(typed, "second")
    #expect(try await results.next("an error") == "second: no such name")
  }

  @Test func `one lookup runs at a time, and abandoned ones are not reported`() async throws {
    let gate = Gate(), count = Atomic(0)
    let made = try await executor.loop.submit { [self] in
      lookup { _, port in
        count.add(1, ordering: .relaxed)
        gate.pass()
        return [try SocketAddress(ipAddress: "10.0.0.1", port: port)]
      }
    }.get()
    start(made, "first")
    try await gate.reached.value()
    executor.run { made.value.giveUp() }
    start(made, "second")
    gate.open()
    #expect(try await results.next("addresses") == "second: ipv4:10.0.0.1:80")
    #expect(count.load(ordering: .relaxed) == 1)
    start(made, "third")
    #expect(try await results.next("addresses") == "third: ipv4:10.0.0.1:80")
    #expect(count.load(ordering: .relaxed) == 2)
    #expect(results.untaken.isEmpty)
  }

  @Test func `hung lookups leave NIO's thread pool to others`() async throws {
    let gates = (0..<min(4, NIOSingletons.blockingPoolThreadCountSuggestion)).map { _ in Gate() }
    for gate in gates {
      let made = try await executor.loop.submit { [self] in
        lookup { _, _ in
          gate.pass()
          return []
        }
      }.get()
      start(made, "hung")
      try await gate.reached.value()
    }
    let ran = Signal<Void>()
    NIOThreadPool.singleton.submit { _ in ran.set() }
    try await ran.value()
    for gate in gates { gate.open() }
    for _ in gates { #expect(try await results.next("the end") == "hung: ") }
  }
}
