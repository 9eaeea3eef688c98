// Queries of a channel's resolver.
import FreshetTransport
import NIOCore
import NIOEmbedded
import Testing

@testable import FreshetClient
@testable import FreshetTransport

@Suite struct ResolverDriverTests {
  /// Answers on the test's command.
  private final class Manual: Resolver {
    let report: (Resolution) -> Void
    private(set) var questions = 0, givenUp = 0
    init(report: @escaping (Resolution) -> Void) { self.report = report }
    func resolve() { questions += 1 }
    func giveUp() { givenUp += 1 }
  }

  private final class Fixture {
    let loop = EmbeddedEventLoop()
    var found: [String] = []
    var resolver: Manual!
    var driver: ResolverDriver!

    init() {
      nonisolated(unsafe) var made: Manual?
      driver = ResolverDriver(
        { _, report in
          let manual = Manual(report: report)
          made = manual
          return manual
        }, on: LoopExecutor.of(loop), timeLimit: .seconds(2)
      ) { [unowned self] result in
        switch result {
        case .success(let endpoints): found.append("\(endpoints.count) endpoints")
        case .failure(let error): found.append("\(error)")
        }
      }
      resolver = made
    }
  }

  @Test func `queries are merged while one is pending`() {
    let fixture = Fixture()
    fixture.driver.resolve()
    fixture.driver.resolve()
    #expect(fixture.resolver.questions == 1)
    fixture.resolver.report(.success([Endpoint([.inProcess])]))
    #expect(fixture.found == ["1 endpoints"])
    fixture.driver.resolve()
    #expect(fixture.resolver.questions == 2)
  }

  @Test func `a resolver that does not answer in time is abandoned, and may be queried again`() {
    let fixture = Fixture()
    fixture.driver.resolve()
    fixture.loop.advanceTime(by: .seconds(1))
    #expect(fixture.found.isEmpty)
    fixture.loop.advanceTime(by: .seconds(1))
    #expect(fixture.found == ["the lookup took longer than 2.0 seconds (connectTimeout)"])
    #expect(fixture.resolver.givenUp == 1)
    fixture.driver.resolve()
    #expect(fixture.resolver.questions == 2)
    fixture.resolver.report(.success([]))
    fixture.loop.advanceTime(by: .seconds(9))
    #expect(fixture.found.last == "0 endpoints" && fixture.found.count == 2)
  }

  @Test func `R3: unsolicited results are also reported`() {
    let fixture = Fixture()
    fixture.resolver.report(.success([]))
    fixture.resolver.report(.failure(TransportError(.connect, "gone")))
    #expect(fixture.found == ["0 endpoints", "gone"])
  }

  @Test func `nothing is reported after the stop, and the timer is cancelled`() {
    let fixture = Fixture()
    fixture.driver.resolve()
    fixture.driver.stop()
    #expect(fixture.resolver.givenUp == 1)
    fixture.resolver.report(.success([]))
    fixture.loop.advanceTime(by: .seconds(9))
    fixture.driver.resolve()
    #expect(fixture.found.isEmpty && fixture.resolver.questions == 1)
  }
}
