// How large the windows of a connection shall be: fixed, or as the path and the size of the peer's frames say.
import NIOCore

/// Pure bookkeeping of one session; the session tells the peer. Data that arrives is worked through by portions, so that
/// small calls cost an addition.
struct WindowPolicy {
  /// What is to be done for a portion.
  struct Portion: Equatable {
    /// Arrived, and given back to the connection's window: each stream's own window is the bound.
    var arrivedBytes = 0
    /// The connection's window from now on, if it changes.
    var newConnectionWindowBytes: Int?
    var sendsPing = false
  }

  /// Data that was counted and not worked through.
  private var arrivedBytes = 0
  private var arrivedFrames = 0
  private let portionBytes: Int
  private let growsStreams: Bool, growsConnection: Bool
  private var estimator = BandwidthEstimator()
  private var frames = FrameSizes()
  private(set) var connectionWindowBytes: Int
  /// What every stream's window is at first.
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

  /// - Returns: whether there is a portion to be taken.
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

  /// The answer to the PING of the portion before.
  mutating func receivePingAck(now: NIODeadline) -> Portion {
    var portion = takePortion(now: now)  // counts in the sample that ends here
    if estimator.receivePingAck(now: now) == .grow {
      portion.newConnectionWindowBytes = changeConnectionWindow() ?? portion.newConnectionWindowBytes
    }
    return portion
  }

  /// The largest window that is of use: a stream's is within the connection's.
  private var limitBytes: Int {
    growsConnection ? frames.maxWindowBytes : min(frames.maxWindowBytes, connectionWindowBytes)
  }

  private mutating func changeConnectionWindow() -> Int? {
    let window = min(estimator.windowBytes, frames.maxWindowBytes)
    guard growsConnection, window != connectionWindowBytes else { return nil }
    connectionWindowBytes = window
    return window
  }

  /// What the window of a stream that was read may grow to; those that were fixed do not.
  var streamWindowBytes: Int {
    growsStreams ? max(firstStreamWindowBytes, min(estimator.windowBytes, limitBytes)) : firstStreamWindowBytes
  }
}

extension HTTP2Settings {
  /// What a stream's window is before it grows, if it does.
  package var firstStreamWindowBytes: Int { streamWindowBytes.map { Int($0) } ?? BandwidthEstimator.firstWindowBytes }

  /// A fixed window of the streams has room in the connection's.
  var firstConnectionWindowBytes: Int {
    if let connectionWindowBytes { return Int(connectionWindowBytes) }
    return streamWindowBytes.map { max(Int($0), 4 << 20) } ?? BandwidthEstimator.firstWindowBytes
  }
}
