// The window that the size of a connection's frames allows.
import FreshetHTTP
import TestSupport
import Testing

@testable import FreshetHTTP2

@Suite struct FrameSizesTests {
  private static func after(_ frames: Int, of bytes: Int, _ more: (Int, of: Int)...) -> FrameSizes {
    var sizes = FrameSizes()
    for (count, bytes) in [(frames, bytes)] + more.map({ ($0.0, $0.of) }) {
      for _ in 0..<count { sizes.add(frames: 1, bytes: bytes) }
    }
    return sizes
  }

  @Test(arguments: [
    (5, 16_383), (8, 16_383), (9, 32_767), (17, 65_535), (25, 65_535), (33, 131_070), (100, 262_140),
    (1_005, 2_097_120),
    (5_000, 16_776_960), (16_384, 16_776_960), (131_072, 16_776_960),
  ])
  func `a window holds 4,000 frames at most`(_ frameBytes: Int, _ window: Int) {
    let found = Self.after(1_024, of: frameBytes).maxWindowBytes
    #expect(found == window)
    #expect(found <= 4_000 * frameBytes)
  }

  @Test func `nothing is limited before 512 frames or 1 MiB`() {
    #expect(Self.after(511, of: 5).maxWindowBytes == BandwidthEstimator.maxWindowBytes)
    #expect(Self.after(512, of: 5).maxWindowBytes == 16_383)
  }

  @Test func `frames that become small count at once`() {
    #expect(Self.after(1_024, of: 65_536, (512, of: 25)).maxWindowBytes == 65_535)
  }

  @Test func `frames that become large count gradually`() {
    let small = (512, of: 25), large = (64, of: 16_384)
    #expect(Self.after(512, of: 25).maxWindowBytes == 65_535)
    #expect(Self.after(small.0, of: small.of, large).maxWindowBytes > 65_535)
    // 100 B lead to 262,140; where small and large ones alternate, the result stays near that of the small ones.
    let byTurns = Self.after(small.0, of: small.of, large, small, large, small, large, small)
    #expect(byTurns.maxWindowBytes == 65_535)
  }

  @Test func `a rising average converges`() {
    #expect(Self.after(512, of: 5, (512 * 40, of: 17)).maxWindowBytes == 65_535)
  }

  @Test func `a portion without the beginning of a frame belongs to the previous frame`() {
    var sizes = FrameSizes()
    for part in 0..<100 { sizes.add(frames: part % 4 == 0 ? 1 : 0, bytes: 32_768) }
    #expect(sizes.maxWindowBytes == BandwidthEstimator.maxWindowBytes)
  }
}
