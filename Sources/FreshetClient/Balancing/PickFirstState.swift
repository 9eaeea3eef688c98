// Which address of a target is tried when: pick_first with happy eyeballs (grpc-channel.md R29, RFC 8305 §5).
//
//   resolving ─ resolved ─▶ trying ─ attemptReady ─▶ ended (won)
//       │                     │ └─ attemptFailed, the last ─▶ ended (exhausted)
//       └─── lookupFailed ────┴─ cancel ─▶ ended

/// One pass over the addresses of a target. Addresses are known by their place in the list; the time is the caller's, who
/// sets a timer where a step says so. An attempt ends in `attemptReady` or `attemptFailed`; those that the answers name as
/// to be closed are over.
enum PickFirstState<Failure> {
  /// The addresses are not known yet. → trying, ended
  case resolving
  /// At least one attempt runs. → ended
  case trying(Trying)
  /// Final: an attempt has won, all have failed, or the pass was given up.
  case ended

  struct Trying {
    let addressCount: Int
    var running: Set<Int> = []
    /// What ended the attempts that have failed, by address.
    var failures: [Int: Failure] = [:]

    /// Addresses are tried in their order, and each once.
    var begunCount: Int { running.count + failures.count }
  }

  enum Step {
    /// Try this address. When it is not the last, `timerFired` is due after the delay, in place of an earlier timer.
    case begin(Int, isLast: Bool)
    /// Every address has failed, for these reasons in the order of the addresses.
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

  /// The delay after the last attempt began has passed.
  mutating func timerFired() -> Step {
    guard case .trying(let trying) = self else { return .wait }
    return begin(trying)
  }

  mutating func attemptFailed(_ index: Int, _ failure: Failure) -> Step {
    guard case .trying(var trying) = self, trying.running.contains(index) else { return .wait }
    // Only the latest attempt holds the next one back; the turn of those before it is over.
    let wasLatest = index == trying.begunCount - 1
    trying.running.remove(index)
    trying.failures[index] = failure
    self = .trying(trying)
    return wasLatest || trying.running.isEmpty ? begin(trying) : .wait
  }

  enum OnReady: Equatable {
    /// This is the connection; these attempts are to be closed.
    case use(closing: [Int])
    /// Another one was faster, or the pass was given up.
    case close
  }

  mutating func attemptReady(_ index: Int) -> OnReady {
    guard case .trying(let trying) = self, trying.running.contains(index) else { return .close }
    self = .ended
    return .use(closing: trying.running.subtracting([index]).sorted())
  }

  /// - Returns: the attempts that are to be closed.
  mutating func cancel() -> [Int] {
    defer { self = .ended }
    guard case .trying(let trying) = self else { return [] }
    return trying.running.sorted()
  }

  /// Begins the attempt whose turn it is.
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
