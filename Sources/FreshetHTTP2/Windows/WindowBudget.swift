// Limits the growth of streams' windows, per connection and per process.
import Synchronization

/// Bytes that peers may have sent and that may be unread, of all connections. Thread-safe.
package final class WindowBudget: Sendable {
  /// As much as 16 streams at their largest, or 500 at 512 KiB.
  package static let ofProcess = WindowBudget(limitBytes: 256 << 20)

  package let limitBytes: Int
  private let taken = Atomic<Int>(0)

  package init(limitBytes: Int) { self.limitBytes = limitBytes }

  package var takenBytes: Int { taken.load(ordering: .relaxed) }

  /// - Returns: as for `ConnectionWindowBudget.take`.
  func take(_ wantedBytes: Int, heldBytes: Int) -> Int {
    var seen = takenBytes
    while true {
      let got = Self.share(of: limitBytes - seen, wantedBytes, heldBytes)
      if got == 0 { return 0 }
      let (isTaken, now) = taken.compareExchange(expected: seen, desired: seen + got, ordering: .relaxed)
      if isTaken { return got }
      seen = now
    }
  }

  func giveBack(_ bytes: Int) { taken.subtract(bytes, ordering: .relaxed) }

  /// A stream may hold as much as it leaves to others. Less than an initial window is not worth a WINDOW_UPDATE.
  static func share(of leftBytes: Int, _ wantedBytes: Int, _ heldBytes: Int) -> Int {
    let got = min(wantedBytes, (leftBytes - heldBytes) / 2)
    return got < min(wantedBytes, BandwidthEstimator.firstWindowBytes) ? 0 : max(0, got)
  }
}

/// A connection's share. What is taken must be returned.
struct ConnectionWindowBudget {
  let limitBytes: Int
  var process = WindowBudget.ofProcess
  private(set) var takenBytes = 0

  init(limitBytes: Int) { self.limitBytes = limitBytes }

  /// Takes room for one stream: at most half of what the other streams have left, so that there is some for the next.
  /// - Parameter heldBytes: what the stream has taken before.
  /// - Returns: the room taken; 0 if it would be little.
  mutating func take(_ wantedBytes: Int, heldBytes: Int) -> Int {
    let share = WindowBudget.share(of: limitBytes - takenBytes, wantedBytes, heldBytes)
    let got = share == 0 ? 0 : process.take(share, heldBytes: heldBytes)
    takenBytes += got
    return got
  }

  mutating func giveBack(_ bytes: Int) {
    takenBytes -= bytes
    process.giveBack(bytes)
  }
}
