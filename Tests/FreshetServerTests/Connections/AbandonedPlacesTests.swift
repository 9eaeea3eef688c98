// When the abandoned places of a queue are removed.
import Testing

@testable import FreshetServer

@Suite struct AbandonedPlacesTests {
  @Test(arguments: [0, 10, 1_000])
  func `they are removed when they outnumber the others, so each costs little`(others: Int) {
    var places = AbandonedPlaces()
    var kept = 0, most = 0, visited = 0
    for _ in 0..<100_000 {
      kept += 1
      if places.add(others: others) {
        visited += kept + others
        kept = 0
      }
      most = max(most, kept)
    }
    #expect(most == others + 31)
    #expect(visited <= 2 * 100_000)
  }

  @Test func `none is counted twice once the queue has moved`() {
    var places = AbandonedPlaces()
    for _ in 0..<20 { _ = places.add(others: 0) }
    places.forget()
    let removals = (1...32).filter { _ in places.add(others: 0) }
    #expect(removals == [32])
  }
}
