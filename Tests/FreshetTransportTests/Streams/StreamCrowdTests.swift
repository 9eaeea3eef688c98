// Detection that most streams have gone after a peak.
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import FreshetTransport

@Suite struct StreamCrowdTests {
  private var crowd = StreamCrowd()

  /// - Returns: how often checks had to begin.
  @discardableResult
  private mutating func open(_ count: Int) -> Int { (0..<count).count(where: { _ in crowd.open() }) }

  private mutating func close(_ count: Int) { for _ in 0..<count { crowd.close() } }

  @Test mutating func `a few streams are never checked`() {
    for _ in 0..<1_000 {
      #expect(open(255) == 0)
      close(255)
    }
  }

  @Test mutating func `a peak is checked until it is over`() {
    #expect(open(10_000) == 1)
    #expect(crowd.look() == .remains)
    close(5_000)
    #expect(crowd.look() == .remains && crowd.look() == .remains)
    close(4_000)
    #expect(crowd.look() == .remains, "there were five thousand in the last second")
    #expect(crowd.look() == .hasShrunk && crowd.look() == .remains)
    close(1_000)
    #expect(crowd.look() == .remains && crowd.look() == .hasGone)
    #expect(open(255) == 0 && open(1) == 1)
  }

  @Test mutating func `constantly replaced streams have not gone`() {
    #expect(open(1_000) == 1)
    for _ in 0..<100 {
      close(1_000)
      #expect(open(1_000) == 0)
      close(1_000)
      #expect(crowd.look() == .remains)
      #expect(open(1_000) == 0)
    }
    close(1_000)
    #expect(crowd.look() == .remains && crowd.look() == .hasGone)
  }

  @Test mutating func `a growing peak is measured by its maximum`() {
    open(300)
    #expect(crowd.look() == .remains)
    #expect(open(2_000) == 0)
    #expect(crowd.look() == .remains)
    close(1_800)
    #expect(crowd.look() == .remains && crowd.look() == .hasShrunk)
  }

  @Test func `a loop returns memory two seconds after its peak, and has no timer afterwards`() {
    let loop = EmbeddedEventLoop(), count = Count()
    let executor = LoopExecutor(loop: loop, giveBackMemory: { count.value.add(1, ordering: .relaxed) })
    for _ in 0..<3 {
      for _ in 0..<5_000 { executor.streamOpened() }
      loop.advanceTime(by: .seconds(10))
      for _ in 0..<5_000 { executor.streamClosed() }
      let before = count.value.load(ordering: .relaxed)
      loop.advanceTime(by: .milliseconds(999))
      #expect(count.value.load(ordering: .relaxed) == before)
      loop.advanceTime(by: .seconds(2))
      #expect(count.value.load(ordering: .relaxed) == before + 1)
      loop.advanceTime(by: .hours(1))
      #expect(count.value.load(ordering: .relaxed) == before + 1)
    }
    try? loop.syncShutdownGracefully()
  }

  private final class Count: Sendable { let value = Atomic(0) }
}
