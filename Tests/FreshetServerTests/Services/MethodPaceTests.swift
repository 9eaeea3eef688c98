// Which methods leave their event loop.
import NIOCore
import Testing

@testable import FreshetServer

@Suite struct MethodPaceTests {
  private let pace = MethodPace()

  private func hold(_ seconds: Int64, certain: Bool = true) -> Bool {
    pace.hold(at: .uptimeNanoseconds(0) + .seconds(seconds), isCertain: certain)
  }

  @Test func `two holds within a minute are too many, whatever the first`() {
    #expect(!hold(100, certain: false) && !pace.hasLeft)
    #expect(hold(160) && pace.hasLeft)
  }

  @Test func `holds that are further apart are not`() {
    #expect(!hold(100) && !hold(161) && !hold(222))
    #expect(!pace.hasLeft)
    #expect(hold(223))
  }

  @Test func `a method does not leave for what the system may have caused`() {
    #expect(!hold(100) && !hold(101, certain: false) && !hold(102, certain: false))
    #expect(!pace.hasLeft)
  }

  @Test func `a method leaves once`() {
    #expect(!hold(100) && hold(101) && !hold(102))
    #expect(pace.hasLeft)
  }

  @Test func `only the first long hold is logged`() {
    #expect(pace.isFirstLongHold())
    #expect(!pace.isFirstLongHold())
  }
}
