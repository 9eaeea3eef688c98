// Events in order, for tests that wait for one instead of sleeping.
import NIOCore
import NIOPosix
import Synchronization

/// Keeps events until a test takes them. Thread-safe.
public final class EventLog<Event: Sendable>: Sendable {
  public typealias Predicate = @Sendable (Event) -> Bool

  private enum Outcome {
    case event(Event)
    case timeout
    case cancelled
    case ended(String)
  }

  private struct Waiter {
    let id: UInt64
    /// Whether the event is removed.
    let takes: Bool
    let matches: Predicate
    let continuation: CheckedContinuation<Outcome, Never>
  }

  private struct State {
    var events: [Event] = []
    var waiters: [Waiter] = []
    var endReason: String?
    var lastID: UInt64 = 0
  }

  private let state = Mutex(State())

  public init() {}

  /// The events that were not taken.
  public var untaken: [Event] { state.withLock { $0.events } }

  /// Removes the events that were not taken.
  public func removeAll() { state.withLock { $0.events = [] } }

  /// Adds an event: all current waiters see it, and the first one that takes it removes it; otherwise it is kept.
  public func record(_ event: Event) {
    let waiters = state.withLock { state -> [Waiter] in
      var woken: [Waiter] = []
      var isTaken = false
      state.waiters.removeAll { waiter in
        guard !(waiter.takes && isTaken), waiter.matches(event) else { return false }
        isTaken = isTaken || waiter.takes
        woken.append(waiter)
        return true
      }
      if !isTaken { state.events.append(event) }
      return woken
    }
    for waiter in waiters { waiter.continuation.resume(returning: .event(event)) }
  }

  /// No more events will come: current and later waiters fail with this reason.
  public func end(_ reason: String) {
    let waiters = state.withLock { state -> [Waiter] in
      if state.endReason == nil { state.endReason = reason }
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.continuation.resume(returning: .ended(reason)) }
  }

  /// Takes the first matching event, and waits for it if it has not happened.
  ///
  /// - Parameter what: names the event in the failure.
  /// - Throws: `MissedEvent` if it does not happen within `limit` or no more events will come; `CancellationError`.
  @discardableResult
  public func next(
    _ what: String, within limit: Duration = .seconds(60), where matches: @escaping Predicate = { _ in true }
  ) async throws -> Event {
    try await event(what, limit, taking: true, matches)
  }

  /// The first matching event, which is kept for others.
  ///
  /// - Throws: as for ``next(_:within:where:)``.
  @discardableResult
  public func see(
    _ what: String, within limit: Duration = .seconds(60), where matches: @escaping Predicate
  ) async throws -> Event {
    try await event(what, limit, taking: false, matches)
  }

  private func event(_ what: String, _ limit: Duration, taking: Bool, _ matches: @escaping Predicate) async throws
    -> Event
  {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let timer = loop.scheduleTask(in: TimeAmount(limit)) { self.give(.timeout, to: id) }
    defer { timer.cancel() }
    switch await wait(id, taking, matches) {
    case .event(let event): return event
    case .cancelled: throw CancellationError()
    case .timeout: throw missed(what, "did not happen within \(limit)")
    case .ended(let reason): throw missed(what, "cannot happen any more: \(reason)")
    }
  }

  private func wait(_ id: UInt64, _ takes: Bool, _ matches: @escaping Predicate) async -> Outcome {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let known = state.withLock { state -> Outcome? in
          if let index = state.events.firstIndex(where: matches) {
            return .event(takes ? state.events.remove(at: index) : state.events[index])
          }
          if let reason = state.endReason { return .ended(reason) }
          state.waiters.append(Waiter(id: id, takes: takes, matches: matches, continuation: continuation))
          return nil
        }
        if let known { return continuation.resume(returning: known) }
        // The cancellation handler may have run before there was a waiter.
        if Task.isCancelled { give(.cancelled, to: id) }
      }
    } onCancel: {
      give(.cancelled, to: id)
    }
  }

  private func give(_ outcome: Outcome, to id: UInt64) {
    let waiter = state.withLock { state -> Waiter? in
      state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
    }
    waiter?.continuation.resume(returning: outcome)
  }

  private func missed(_ what: String, _ why: String) -> MissedEvent {
    let others = untaken.suffix(20).map { "\n  \(String(describing: $0).prefix(300))" }
    let untaken = others.isEmpty ? "none" : others.joined()
    return MissedEvent(description: "“\(what)” \(why). Events not taken: \(untaken)")
  }
}

/// An event that a test expected but that did not happen.
public struct MissedEvent: Error, CustomStringConvertible {
  public let description: String
}
