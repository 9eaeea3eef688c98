// How large the DATA frames of a connection have been lately, so how many of them a window allows.

/// Some proxies hold every frame that they pass on in a queue of its own, and give a connection up whose queue is long:
/// Envoy at 10,000 frames. The window says how many of the peer's frames can be there at a time.
struct FrameSizes {
  /// Far enough below Envoy's 10,000 that the frames of a window and of one that has just shrunk fit together.
  private static let maxFrames = 4_000
  /// An average is taken of so many frames, or bytes: not many more than what may be there at a time.
  private static let sampleFrames = 512, sampleBytes = 1 << 20
  /// Messages without a byte have a prefix of five: 3,276 of them.
  private static let minWindowBytes = BandwidthEstimator.firstWindowBytes >> 2

  private var frames = 0
  private var bytes = 0
  private var averageBytes: Int?

  /// The largest window that a proxy bears: 65,535 × 2ⁿ, so that small changes change nothing.
  private(set) var maxWindowBytes = BandwidthEstimator.maxWindowBytes

  mutating func add(frames: Int, bytes: Int) {
    self.frames += frames
    self.bytes += bytes
    if self.frames >= Self.sampleFrames || self.bytes >= Self.sampleBytes { endSample() }
  }

  /// Small frames count at once, large ones little by little: where both come by turns, the small ones fill the queue.
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
