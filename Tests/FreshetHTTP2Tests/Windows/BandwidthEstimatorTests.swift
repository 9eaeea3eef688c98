// When a PING measures, and the effect of its answer on the window.
import FreshetHTTP
import NIOCore
import Testing

@testable import FreshetHTTP2

/// An estimator behind a reference, since `#expect` cannot call mutating methods.
private final class Held {
  private var estimator = BandwidthEstimator()
  /// The clock.
  private(set) var now = NIODeadline.uptimeNanoseconds(5_000_000_000)
  private(set) var pings: [NIODeadline] = []
  var windowBytes: Int { estimator.windowBytes }

  func wait(_ time: TimeAmount) { now = now + time }

  /// - Returns: whether a PING is sent.
  func receive(_ bytes: Int, limitBytes: Int = .max) -> Bool {
    let sends = estimator.receiveData(bytes, limitBytes: limitBytes, now: now) == .sendPing
    if sends { pings.append(now) }
    return sends
  }

  func receiveAck() -> BandwidthEstimator.OnPingAck { estimator.receivePingAck(now: now) }

  /// One sample: this many bytes in this time.
  func sample(_ bytes: Int, in time: TimeAmount) -> BandwidthEstimator.OnPingAck {
    #expect(receive(bytes))
    wait(time)
    return receiveAck()
  }

  /// Simulates a peer that steadily sends all that the window and the path allow.
  func run(_ bytesPerSecond: Int, roundTrip: TimeAmount, for time: TimeAmount) {
    let end = now + time
    let pathBytes = bytesPerSecond / 1_000 * Int(roundTrip.nanoseconds / 1_000) / 1_000
    var answer: NIODeadline?
    while now < end {
      if let due = answer, now >= due {
        _ = receiveAck()
        answer = nil
      }
      if receive(min(windowBytes, pathBytes) / 8) { answer = now + roundTrip }
      wait(.nanoseconds(roundTrip.nanoseconds / 8))
    }
  }
}

@Suite struct BandwidthEstimatorTests {
  private let estimator = Held()
  private static let first = 65_535

  @Test func `a PING is sent when a quarter of the window has arrived, and not before`() {
    #expect(!estimator.receive(16_382))
    #expect(estimator.receive(1))
  }

  @Test(arguments: [1.0, 1.5, 2.0])
  func `a burst in one sample does not end the growth`(_ windows: Double) {
    while estimator.windowBytes < 4 * Self.first {
      #expect(estimator.sample(estimator.windowBytes, in: .milliseconds(100)) == .grow)
    }
    #expect(estimator.sample(Int(windows * 4 * Double(Self.first)), in: .milliseconds(100)) == .grow)
    for window in [8, 16, 32, 64, 128] {
      #expect(estimator.windowBytes == window * Self.first)
      #expect(estimator.sample(window * Self.first * 3 / 4, in: .milliseconds(100)) == .grow)
    }
  }

  /// A rest is a multiple of the round trip here, so that each PING falls on the same point of a burst.
  @Test(arguments: [0.1, 0.3, 0.6, 0.95])
  func `a path that needs a larger window gets it, wherever in a burst PINGs fall`(_ part: Double) {
    let window = estimator.windowBytes
    for _ in 0..<40 where estimator.windowBytes == window {
      let first = Int(Double(window) / 2 * part)
      _ = estimator.receive(first)
      estimator.wait(.milliseconds(1))
      _ = estimator.receive(window / 2 - first)
      estimator.wait(.milliseconds(99))
      _ = estimator.receiveAck()
    }
    #expect(estimator.windowBytes > window)
  }

  @Test func `at most one PING is outstanding`() {
    #expect(estimator.receive(65_535))
    for _ in 0..<1_000 { #expect(!estimator.receive(1_000_000)) }
    estimator.wait(.hours(1))
    #expect(!estimator.receive(1_000_000))
  }

  @Test func `the next PING needs data received after the answer`() {
    _ = estimator.sample(65_535, in: .milliseconds(100))
    estimator.wait(.hours(1))
    #expect(estimator.receiveAck() == .ignore)
    #expect(estimator.pings.count == 1)
    #expect(estimator.receive(1_000_000))
  }

  @Test(arguments: [(21_844, false), (21_845, true), (32_767, true), (65_535, true)])
  func `a third of the window in a round trip doubles it`(_ bytes: Int, _ grows: Bool) {
    #expect(estimator.sample(bytes, in: .milliseconds(100)) == (grows ? .grow : .stay))
    #expect(estimator.windowBytes == (grows ? 131_070 : 65_535))
  }

  @Test func `a sample larger than the window makes it at least as large`() {
    #expect(estimator.sample(1_000_000, in: .milliseconds(100)) == .grow)
    #expect(estimator.windowBytes == Self.first << 4)
    #expect(estimator.sample(1 << 40, in: .milliseconds(100)) == .grow)
    #expect(estimator.windowBytes == Self.first << 8)
  }

  @Test func `up to 512 KiB a full window is enough, beyond that the bandwidth must rise`() {
    for doubling in 0..<3 {
      #expect(estimator.sample(Self.first << doubling, in: .seconds(1 << Int64(3 * doubling))) == .grow)
    }
    #expect(estimator.windowBytes == Self.first << 3)
    #expect(estimator.sample(Self.first << 3, in: .seconds(200)) == .stay)
    estimator.wait(.seconds(10))
    #expect(estimator.sample(Self.first << 3, in: .seconds(1)) == .grow)
  }

  @Test func `an unsolicited answer is ignored`() {
    #expect(estimator.receiveAck() == .ignore)
    #expect(!estimator.receive(100))
    #expect(estimator.receiveAck() == .ignore)
  }

  @Test func `nothing is measured when a larger window would be useless`() {
    #expect(!estimator.receive(1_000_000, limitBytes: 65_535))
    #expect(estimator.receive(1_000_000, limitBytes: 131_070))
    estimator.wait(.milliseconds(1))
    #expect(estimator.receiveAck() == .grow)
    while estimator.windowBytes < BandwidthEstimator.maxWindowBytes {
      _ = estimator.sample(estimator.windowBytes, in: .nanoseconds(1_000_000_000 / Int64(estimator.windowBytes)))
    }
    for _ in 0..<1_000 {
      estimator.wait(.seconds(1))
      #expect(!estimator.receive(1 << 30))
    }
  }

  @Test(arguments: [
    (3_000_000, 10), (10_000_000, 100), (34_000_000, 100), (125_000_000, 30), (1_000_000_000, 10), (100_000, 300),
    (12_500_000, 1),
  ])
  func `the window grows to two to six times the bytes in flight`(_ bytesPerSecond: Int, _ milliseconds: Int64) {
    estimator.run(bytesPerSecond, roundTrip: .milliseconds(milliseconds), for: .seconds(60))
    let onTheWay = bytesPerSecond / 1_000 * Int(milliseconds)
    let least = max(Self.first, min(2 * onTheWay, BandwidthEstimator.maxWindowBytes))
    #expect(estimator.windowBytes >= least)
    #expect(estimator.windowBytes <= max(3 * least, Self.first))
  }

  @Test func `34 MB/s at 100 ms are reached within two seconds`() {
    estimator.run(100_000_000, roundTrip: .milliseconds(100), for: .seconds(2))
    #expect(estimator.windowBytes >= 2 * 3_400_000)
  }

  @Test func `a stable path costs a PING per ten seconds, and fewer than 20 before`() {
    estimator.run(40_000_000, roundTrip: .milliseconds(100), for: .seconds(3_600))
    #expect(estimator.pings.count < 360 + 20)
    for (one, next) in zip(estimator.pings.dropFirst(20), estimator.pings.dropFirst(21)) {
      #expect(next - one >= .seconds(10))
    }
  }

  @Test func `a path with at most a quarter of the window in flight is probed at most every ten seconds`() {
    estimator.run(50_000, roundTrip: .milliseconds(100), for: .seconds(3_600))
    #expect(estimator.windowBytes == Self.first)
    #expect((1...361).contains(estimator.pings.count))
    for (one, next) in zip(estimator.pings, estimator.pings.dropFirst()) { #expect(next - one >= .seconds(10)) }
  }

  @Test func `a path that becomes faster is detected within ten seconds`() {
    estimator.run(50_000, roundTrip: .milliseconds(100), for: .seconds(3_600))
    estimator.run(100_000_000, roundTrip: .milliseconds(100), for: .seconds(12))
    #expect(estimator.windowBytes == BandwidthEstimator.maxWindowBytes)
  }

  @Test func `a clock that stands still divides by nothing`() {
    #expect(estimator.sample(65_535, in: .nanoseconds(0)) == .grow)
  }
}
