// Records what happens to the calls at our server; tests wait for it and open gates for handlers.
import Freshet
import Synchronization
import TestSupport

/// Shared by the handlers of one server and its tests.
final class CallBoard: Sendable {
  struct Event: Sendable {
    var id: String
    var happening: Happening
  }

  enum Happening: Sendable {
    case started(Start)
    /// The handler saw the call end. Also says whether its task was cancelled.
    case cancelled(taskIsCancelled: Bool)
    /// The handler returned, with this code as far as it knows.
    case ended(Status.Code, received: Int, sent: Int)
  }

  /// What the handler knew when it started.
  struct Start: Sendable {
    var metadata: Metadata
    var timeout: Duration?
    var hasClientCertificate: Bool
  }

  private let events = EventLog<Event>()
  private let gates = EventLog<String>()
  private let counts = Mutex<[String: Int]>([:])

  // MARK: For tests

  func started(_ id: String) async throws -> Start {
    let event = try await events.next("handler of \(id) started") {
      if case .started = $0.happening { $0.id == id } else { false }
    }
    guard case .started(let start) = event.happening else { fatalError("the predicate says otherwise") }
    return start
  }

  /// - Returns: whether the handler's task was cancelled.
  func cancelled(_ id: String) async throws -> Bool {
    let event = try await events.next("handler of \(id) noticed that its call is over") {
      if case .cancelled = $0.happening { $0.id == id } else { false }
    }
    guard case .cancelled(let taskIsCancelled) = event.happening else { fatalError("the predicate says otherwise") }
    return taskIsCancelled
  }

  func ended(_ id: String) async throws -> (code: Status.Code, received: Int, sent: Int) {
    let event = try await events.next("handler of \(id) ended") {
      if case .ended = $0.happening { $0.id == id } else { false }
    }
    guard case .ended(let code, let received, let sent) = event.happening else {
      fatalError("the predicate says otherwise")
    }
    return (code, received, sent)
  }

  func hasEnded(_ id: String) -> Bool {
    events.untaken.contains { event in
      if case .ended = event.happening { event.id == id } else { false }
    }
  }

  /// Whether the handler has started, for a handler whose start was not awaited.
  func hasStarted(_ id: String) -> Bool {
    events.untaken.contains { event in
      if case .started = event.happening { event.id == id } else { false }
    }
  }

  /// How many responses the handler has sent so far.
  func sentCount(_ id: String) -> Int { counts.withLock { $0[id] ?? 0 } }

  /// Releases a handler that waits because of `x-gate`.
  func openGate(_ id: String) { gates.record(id) }

  // MARK: Handler and client in step

  /// What the other side waits for.
  enum Step: String {
    /// The client has the handler's n-th message.
    case sent
    /// The handler has the client's n-th message.
    case received
  }

  func take(_ step: Step, _ number: Int, of id: String) { gates.record("\(id) \(step) \(number)") }

  /// - Throws: `MissedEvent` if the other side does not take the step.
  func step(_ step: Step, _ number: Int, of id: String) async throws {
    try await gates.next("\(step) message \(number) of \(id)", within: .seconds(30)) { $0 == "\(id) \(step) \(number)" }
  }

  // MARK: For handlers

  func record(_ happening: Happening, of id: String) { events.record(Event(id: id, happening: happening)) }

  func recordSent(_ id: String) { counts.withLock { $0[id, default: 0] += 1 } }

  /// Returns when the gate is opened or the limit has passed.
  func wait(for gate: String, within limit: Duration) async throws {
    do {
      try await gates.next("gate \(gate)", within: limit) { $0 == gate }
    } catch is MissedEvent {}
  }

  /// Returns when `count` handlers have arrived.
  func gather(_ name: String, _ count: Int) async throws {
    let here = counts.withLock { counts in
      counts[name, default: 0] += 1
      return counts[name] ?? 0
    }
    if here == count { for _ in 0..<count { gates.record(name) } }
    try await gates.next("\(count) handlers gather", within: .seconds(60)) { $0 == name }
  }
}
