// The time limits of a WebSocket: how long its peer may be silent, and how long it may take to close.
import FreshetTransport
import FreshetWebSocket
import NIOCore

/// What a watch asks for. Called on the loop.
protocol WebSocketWatchDelegate: AnyObject {
  /// Whether the peer cannot be heard, since what it has sent is not read.
  var holdsPeerBack: Bool { get }
  /// The peer has been silent for a while.
  func sendPing()
  /// A peer that was pinged stays silent. The watch waits for a close from now on.
  func peerIsSilent()
  /// The close that was waited for has not come. Nothing is watched any more, unless another wait begins.
  func closeIsOverdue()
}

/// One timer for all limits of a WebSocket. Confined to its loop.
final class WebSocketWatch: TimerTarget {
  /// What the timer is for.
  private enum Wait {
    /// Silence of the peer. → pong, close
    case silence
    /// The answer to a ping. → silence, close
    case pong
    /// A close: this side's, which its application does not send; or the peer's answer. Final.
    case close
  }

  private let times: WebSocketTimes
  private let executor: LoopExecutor
  private unowned let owner: any WebSocketWatchDelegate
  private var timer: TimerID?
  private var wait = Wait.silence
  private var lastHeard: NIODeadline

  init(_ times: WebSocketTimes, on executor: LoopExecutor, for owner: any WebSocketWatchDelegate) {
    self.times = times
    self.executor = executor
    self.owner = owner
    lastHeard = executor.now
    if let silence = times.pingAfter { setTimer(in: silence) }
  }

  /// Bytes of the peer's have arrived.
  func hear(at now: NIODeadline) { lastHeard = now }

  /// The first limit counts, unless the wait begins anew.
  func waitForClose(in time: Duration, anew: Bool = false) {
    if case .close = wait, !anew { return }
    wait = .close
    setTimer(in: time)
  }

  /// Must be called before the watch is released.
  func stop() {
    if let timer = timer.take() { executor.timers.cancel(timer) }
  }

  private func setTimer(in time: Duration) {
    stop()
    let now = executor.now
    timer = executor.timers.set(self, at: now + TimeAmount(time), now: now)
  }

  func timerFired() {
    timer = nil
    switch wait {
    case .close: owner.closeIsOverdue()
    case .silence, .pong: checkSilence()
    }
  }

  private func checkSilence() {
    guard let limit = times.pingAfter else { return }
    let silence = Duration.nanoseconds((executor.now - lastHeard).nanoseconds)
    if silence < limit {
      wait = .silence
      return setTimer(in: limit - silence)
    }
    if case .pong = wait, !owner.holdsPeerBack {
      waitForClose(in: times.close)
      return owner.peerIsSilent()
    }
    wait = .pong
    setTimer(in: times.pong)
    owner.sendPing()
  }
}

/// The time limits of a WebSocket.
struct WebSocketTimes: Sendable {
  /// nil: no pings.
  var pingAfter: Duration?
  var pong: Duration
  /// For the other side's close, or for the application's.
  var close: Duration
  /// For the close of an application that has read everything.
  var answer: Duration = .milliseconds(500)
}

extension WebSocketTimes {
  /// - Throws: `WebSocketError.Kind.invalidSetting` with the setting's name, value and range.
  func validate() throws(WebSocketError) {
    let limits = [("pingInterval", pingAfter), ("pongTimeout", pong), ("closeTimeout", close)]
    for case (let name, let value?) in limits { try Self.check(name, value) }
  }

  static func check(_ name: String, _ value: Duration) throws(WebSocketError) {
    if value > .zero { return }
    throw WebSocketError(.invalidSetting, code: .abnormal, "\(name) is \(value), but must be more than zero")
  }
}
