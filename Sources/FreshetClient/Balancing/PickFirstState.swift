// Which address of a target to try when: pick_first with happy eyeballs (grpc-channel.md R29, RFC 8305 §5).
//
//   resolving ─ resolved ─▶ trying ─ attemptReady ─▶ ended (won)
//       │                     │ └─ attemptFailed, the last ─▶ ended (exhausted)
//       └─── lookupFailed ────┴─ cancel ─▶ ended

/// One pass over the addresses of a target. Addresses are identified by their index; the caller keeps the time and sets
/// a timer where a step says so. An attempt ends in `attemptReady` or `attemptFailed`; the attempts that a result lists
/// for closing are over.
enum PickFirstState<Failure> {
  /// The addresses are not known yet. → trying, ended
  case resolving
  /// At least one attempt is running. → ended
  case trying(Trying)
  /// Final: an attempt succeeded, all failed, or the pass was cancelled.
  case ended

  struct Trying {
    let addressCount: Int
    var running: Set<Int> = []
    /// The errors of failed attempts, by address.
    var failures: [Int: Failure] = [:]

    /// Addresses are tried in order, each once.
    var begunCount: Int { running.count + failures.count }
  }

  enum Step {
    /// Try this address. Unless it is the last, `timerFired` is due after the delay, replacing an earlier timer.
    case begin(Int, isLast: Bool)
    /// Every address has failed, with these errors in the order of the addresses.
    case exhausted([Failure])
    case wait
  }

  /// The addresses are known.
  mutating func resolved(addressCount: Int) -> Step {
    guard case .resolving = self else { return .wait }  // too late
    return begin(Trying(addressCount: addressCount))
  }

  mutating func lookupFailed() {
    if case .resolving = self { self = .ended }
  }

  /// The delay since the last attempt began has passed.
  mutating func timerFired() -> Step {
    guard case .trying(let trying) = self else { return .wait }
    return begin(trying)
  }

  mutating func attemptFailed(_ index: Int, _ failure: Failure) -> Step {
    guard case .trying(var trying) = self, trying.running.contains(index) else { return .wait }
    // Only the latest attempt delays the next one; earlier ones have had their time.
    let wasLatest = index == trying.begunCount - 1
    trying.running.remove(index)
    trying.failures[index] = failure
    self = .trying(trying)
    return wasLatest || trying.running.isEmpty ? begin(trying) : .wait
  }

  enum OnReady: Equatable {
    /// Use this connection; close these attempts.
    case use(closing: [Int])
    /// Another one was faster, or the pass was cancelled.
    case close
  }

  mutating func attemptReady(_ index: Int) -> OnReady {
    guard case .trying(let trying) = self, trying.running.contains(index) else { return .close }
    self = .ended
    return .use(closing: trying.running.subtracting([index]).sorted())
  }

  /// - Returns: the attempts to close.
  mutating func cancel() -> [Int] {
    defer { self = .ended }
    guard case .trying(let trying) = self else { return [] }
    return trying.running.sorted()
  }

  /// Starts the next attempt.
  private mutating func begin(_ trying: Trying) -> Step {
    var trying = trying
    let index = trying.begunCount
    if index < trying.addressCount {
      trying.running.insert(index)
      self = .trying(trying)
      return .begin(index, isLast: index + 1 == trying.addressCount)
    }
    if !trying.running.isEmpty { return .wait }
    self = .ended
    return .exhausted(trying.failures.sorted { $0.key < $1.key }.map(\.value))
  }
}
