// Detection that most connections have gone after a peak.
import Testing

@testable import FreshetServer

@Suite struct CrowdTests {
  private func answers(_ counts: [Int], after most: Int) -> [Int] {
    var crowd = Crowd()
    for count in 1...most { crowd.has(count) }
    return counts.filter { crowd.hasOnly($0) }
  }

  @Test func `three quarters gone are reported, then three quarters of the rest`() {
    #expect(answers(Array((0..<10_000).reversed()), after: 10_000) == [2_500, 625, 156])
  }

  @Test func `a small peak is ignored`() {
    #expect(answers(Array((0..<255).reversed()), after: 255) == [])
    #expect(answers(Array((0..<256).reversed()), after: 256) == [64])
  }

  @Test func `a second peak is reported again`() {
    var crowd = Crowd()
    for _ in 0..<3 {
      crowd.has(1_000)
      let (atHalf, atQuarter) = (crowd.hasOnly(500), crowd.hasOnly(250))
      #expect(!atHalf && atQuarter)
    }
  }
}
