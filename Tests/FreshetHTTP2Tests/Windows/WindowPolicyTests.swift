// A session's reactions to received data.
import FreshetHTTP
import NIOCore
import Testing

@testable import FreshetHTTP2

/// A policy behind a reference, since `#expect` cannot call mutating methods.
private final class Held {
  private var policy: WindowPolicy
  private(set) var now = NIODeadline.uptimeNanoseconds(5_000_000_000)

  init(_ change: (inout HTTP2Settings) -> Void = { _ in }) { policy = WindowPolicy(settings(change)) }

  var connectionWindowBytes: Int { policy.connectionWindowBytes }
  var streamWindowBytes: Int { policy.streamWindowBytes }

  /// Frames of one size; returns the resulting portions.
  func receive(_ frames: Int, of bytes: Int) -> [WindowPolicy.Portion] {
    var portions: [WindowPolicy.Portion] = []
    for _ in 0..<frames {
      policy.receiveFrame()
      if policy.receiveData(bytes) { portions.append(policy.takePortion(now: now)) }
    }
    return portions
  }

  func receiveAck(after time: TimeAmount = .milliseconds(100)) -> WindowPolicy.Portion {
    now = now + time
    return policy.receivePingAck(now: now)
  }

  /// Full windows until nothing grows any more.
  func grow(_ frameBytes: Int) {
    for _ in 0..<20 where receive(1 + streamWindowBytes / frameBytes, of: frameBytes).contains(where: \.sendsPing) {
      _ = receiveAck()
    }
  }
}

@Suite struct WindowPolicyTests {
  @Test func `received bytes are returned in portions, and none are lost in between`() {
    let policy = Held()
    #expect(policy.receive(1, of: 8_191) == [])
    #expect(policy.receive(1, of: 1) == [WindowPolicy.Portion(arrivedBytes: 8_192)])
    #expect(policy.receive(1, of: 20_000).map(\.arrivedBytes) == [20_000])
  }

  @Test func `a small window has small portions`() {
    let policy = Held {
      $0.streamWindowBytes = 10
      $0.connectionWindowBytes = 80
    }
    #expect(policy.receive(3, of: 5).map(\.arrivedBytes) == [10])
  }

  @Test func `both windows grow with the bandwidth`() {
    let policy = Held()
    let portions = policy.receive(4, of: 16_383)
    #expect(portions.map(\.sendsPing) == [true, false, false, false])
    #expect(policy.receiveAck() == WindowPolicy.Portion(newConnectionWindowBytes: 131_070))
    #expect(policy.streamWindowBytes == 131_070)
    policy.grow(16_384)
    #expect(policy.streamWindowBytes == BandwidthEstimator.maxWindowBytes)
    #expect(policy.connectionWindowBytes == BandwidthEstimator.maxWindowBytes)
  }

  @Test func `an incomplete portion counts in the sample, and is returned`() {
    let policy = Held()
    #expect(policy.receive(3, of: 14_000).map(\.sendsPing) == [false, true, false])
    #expect(policy.receive(1, of: 7_000) == [])
    // Half of 65,535 is more than the 28,000 without it.
    #expect(policy.receiveAck() == WindowPolicy.Portion(arrivedBytes: 7_000, newConnectionWindowBytes: 131_070))
  }

  @Test(arguments: [(5, 16_383), (25, 65_535), (105, 262_140), (1_005, 2_097_120)])
  func `the frames' size bounds what grows`(_ frameBytes: Int, _ window: Int) {
    let policy = Held()
    policy.grow(frameBytes)
    #expect(policy.connectionWindowBytes == window)
    #expect(policy.streamWindowBytes == max(65_535, window))
  }

  @Test func `the connection's window shrinks when frames become small, and comes back when they grow`() {
    let policy = Held()
    policy.grow(16_384)
    let shrunk = policy.receive(2_048, of: 25)
    #expect(shrunk.compactMap(\.newConnectionWindowBytes).last == 65_535)
    #expect(policy.streamWindowBytes == 65_535)
    let grown = policy.receive(10_000, of: 16_384)
    #expect(grown.compactMap(\.newConnectionWindowBytes).last == BandwidthEstimator.maxWindowBytes)
  }

  @Test func `a fixed window of the streams disables everything`() {
    let policy = Held { $0.streamWindowBytes = 100_000 }
    #expect(policy.connectionWindowBytes == 4 << 20)
    for size in [16_384, 25] {
      for portion in policy.receive(10_000, of: size) {
        #expect(portion == WindowPolicy.Portion(arrivedBytes: portion.arrivedBytes))
      }
    }
    #expect(policy.receiveAck().newConnectionWindowBytes == nil)
    #expect(policy.streamWindowBytes == 100_000)
  }

  @Test func `a fixed window of the connection is kept, and bounds the streams'`() {
    let policy = Held { $0.connectionWindowBytes = 300_000 }
    policy.grow(16_384)
    #expect(policy.connectionWindowBytes == 300_000)
    #expect(policy.streamWindowBytes == 300_000)
    #expect(Held { $0.connectionWindowBytes = 1_000 }.streamWindowBytes == 65_535)
  }

  @Test func `the connection's window fits a stream whose window is fixed`() {
    #expect(Held { $0.streamWindowBytes = 16 << 20 }.connectionWindowBytes == 16 << 20)
  }
}
