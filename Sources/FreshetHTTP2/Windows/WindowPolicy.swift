// Decides the sizes of a connection's windows: fixed, or from the path and the size of the peer's frames.
import NIOCore

/// Pure bookkeeping of one session; the session tells the peer. Received data is processed in portions, so that small
/// calls cost one addition.
struct WindowPolicy {
  /// What to do for a portion.
  struct Portion: Equatable {
    /// Received, and returned to the connection's window: each stream's own window is the bound.
    var arrivedBytes = 0
    /// The new size of the connection's window, if it changes.
    var newConnectionWindowBytes: Int?
    var sendsPing = false
  }

  /// Data that was counted and not yet processed.
  private var arrivedBytes = 0
  private var arrivedFrames = 0
  private let portionBytes: Int
  private let growsStreams: Bool, growsConnection: Bool
  private var estimator = BandwidthEstimator()
  private var frames = FrameSizes()
  private(set) var connectionWindowBytes: Int
  /// The initial window of every stream.
  let firstStreamWindowBytes: Int

  init(_ settings: HTTP2Settings) {
    growsStreams = settings.streamWindowBytes == nil
    growsConnection = growsStreams && settings.connectionWindowBytes == nil
    firstStreamWindowBytes = settings.firstStreamWindowBytes
    connectionWindowBytes = settings.firstConnectionWindowBytes
    // Far below half of a window, when a WINDOW_UPDATE is due.
    portionBytes = min(8 * 1024, (connectionWindowBytes + 7) / 8)
  }

  /// A DATA frame has begun.
  mutating func receiveFrame() { arrivedFrames += 1 }

  /// - Returns: whether a portion is complete.
  mutating func receiveData(_ bytes: Int) -> Bool {
    arrivedBytes += bytes
    return arrivedBytes >= portionBytes
  }

  mutating func takePortion(now: @autoclosure () -> NIODeadline) -> Portion {
    defer { (arrivedBytes, arrivedFrames) = (0, 0) }
    var portion = Portion(arrivedBytes: arrivedBytes)
    guard growsStreams else { return portion }
    frames.add(frames: arrivedFrames, bytes: arrivedBytes)
    portion.newConnectionWindowBytes = changeConnectionWindow()
    portion.sendsPing = estimator.receiveData(arrivedBytes, limitBytes: limitBytes, now: now()) == .sendPing
    return portion
  }

  /// The answer to the PING of the previous portion.
  mutating func receivePingAck(now: NIODeadline) -> Portion {
    var portion = takePortion(now: now)  // counts in the sample that ends here
    if estimator.receivePingAck(now: now) == .grow {
      portion.newConnectionWindowBytes = changeConnectionWindow() ?? portion.newConnectionWindowBytes
    }
    return portion
  }

  /// The largest useful window: a stream's is within the connection's.
  private var limitBytes: Int {
    growsConnection ? frames.maxWindowBytes : min(frames.maxWindowBytes, connectionWindowBytes)
  }

  private mutating func changeConnectionWindow() -> Int? {
    let window = min(estimator.windowBytes, frames.maxWindowBytes)
    guard growsConnection, window != connectionWindowBytes else { return nil }
    connectionWindowBytes = window
    return window
  }

  /// What the window of a stream that is read may grow to; fixed windows do not grow.
  var streamWindowBytes: Int {
    growsStreams ? max(firstStreamWindowBytes, min(estimator.windowBytes, limitBytes)) : firstStreamWindowBytes
  }
}

extension HTTP2Settings {
  /// A stream's window before it grows, if it does.
  package var firstStreamWindowBytes: Int { streamWindowBytes.map { Int($0) } ?? BandwidthEstimator.firstWindowBytes }

  /// The streams' fixed window fits in the connection's.
  var firstConnectionWindowBytes: Int {
    if let connectionWindowBytes { return Int(connectionWindowBytes) }
    return streamWindowBytes.map { max(Int($0), 4 << 20) } ?? BandwidthEstimator.firstWindowBytes
  }
}
