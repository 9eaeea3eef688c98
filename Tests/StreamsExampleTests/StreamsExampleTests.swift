// The three programs, run as a user runs them, and what their parts give.
import Foundation
import Freshet
import TestSupport
import Testing

@testable import streams

@Suite("The streams example")
struct StreamsExampleTests {
  /// Runs the program and gives its lines.
  private func lines(of arguments: String...) async throws -> [String] {
    let run = try await ProgramRun.of(BuiltProgram.url("streams").path, arguments, within: .seconds(60))
    #expect(run.status == 0, "\(run.output)")
    return run.output.split(separator: "\n").map(String.init)
  }

  @Test func `'streams pages' reads the web site page by page, and as one stream of cities`() async throws {
    let lines = try await lines(of: "pages")
    #expect(lines.filter { $0.hasPrefix("a page:") }.count == 4)
    #expect(lines.contains("a page:  – next is c3b"))
    #expect(Array(lines.dropFirst(4).prefix(8)) == CitySite.cities)
    #expect(lines.last == "a reader that stopped can resume at the page of c3b")
  }

  @Test func `'streams rpc' streams the web site's cities through a method`() async throws {
    #expect(try await lines(of: "rpc") == ["Almaty", "Dakar", "Esfahan", "Fukuoka", "Hobart"])
  }

  @Test func `'streams makers' shows phases, powers, ticks and a fan-out`() async throws {
    let phases = ["warming up", "working on 1", "working on 2", "working on 3", "cooling down"]
    let powers = ["1", "2", "4", "8", "16", "32", "64", "128"]
    let squares = ["1", "4", "9", "16", "25", "36", "49", "64"]
    #expect(
      try await lines(of: "makers", "--interval", "1") == phases + powers + ["tick 0", "tick 1", "tick 2"] + squares)
  }

  @Test
  func `Both ways of reading pages give all cities, behind the empty page too; one optional as the state gives none`()
    async throws
  {
    try await CitySite().run { client in
      var byHand: [String] = []
      for try await page in client.pagesByHand() { byHand += page.cities }
      #expect(byHand == CitySite.cities)
      #expect(try await client.cities().collect(upTo: 100) == CitySite.cities)
      #expect(try await client.cities().fetchedAhead().collect(upTo: 100) == CitySite.cities)
      #expect(try await client.pagesWithOneOptional().count() == 0)
    }
  }
}
