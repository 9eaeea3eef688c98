// The recent average size of a connection's DATA frames, and so how many of them a window allows.

/// Some proxies queue every frame that they forward, and abort a connection whose queue is long: Envoy at 10,000
/// frames. The window determines how many of the peer's frames can be queued.
struct FrameSizes {
  /// Far enough below Envoy's 10,000 that the frames of two windows fit, after one has just shrunk.
  private static let maxFrames = 4_000
  /// An average is taken over this many frames, or bytes: not many more than can be queued at a time.
  private static let sampleFrames = 512, sampleBytes = 1 << 20
  /// Empty messages have a prefix of five bytes: 3,276 of them.
  private static let minWindowBytes = BandwidthEstimator.firstWindowBytes >> 2

  private var frames = 0
  private var bytes = 0
  private var averageBytes: Int?

  /// The largest window that a proxy tolerates: 65,535 × 2ⁿ, so that small changes have no effect.
  private(set) var maxWindowBytes = BandwidthEstimator.maxWindowBytes

  mutating func add(frames: Int, bytes: Int) {
    self.frames += frames
    self.bytes += bytes
    if self.frames >= Self.sampleFrames || self.bytes >= Self.sampleBytes { endSample() }
  }

  /// Small frames count at once, large ones gradually: where they alternate, the small ones fill the queue.
  private mutating func endSample() {
    let sample = bytes / max(1, frames)
    let average = averageBytes ?? sample
    averageBytes = sample < average ? sample : average + (sample - average + 3) / 4
    (frames, bytes) = (0, 0)
    maxWindowBytes = Self.window(forFramesOf: averageBytes ?? sample)
  }

  private static func window(forFramesOf frameBytes: Int) -> Int {
    var window = BandwidthEstimator.maxWindowBytes
    while window > max(frameBytes * maxFrames, minWindowBytes) { window >>= 1 }
    return window
  }
}
