// A value whose readers see the newest version.
import Synchronization

/// Holds a value; each reader of ``values`` sees the newest, and none twice.
///
/// ```swift
/// let temperature = Latest(20.0)
/// async let display: Void = { for await degrees in temperature.values { show(degrees) } }()
/// temperature.set(21.5)
/// ```
///
/// Laws:
/// - A reader gets the current value first, then the newest whenever there is one that it has not seen. It may miss
///   intermediate values, never the last one before the end.
/// - Nothing waits for readers.
/// - The streams end with the newest value after ``finish()``, or when the holder is released.
public final class Latest<Value: Sendable>: StreamSink {
  let core: LatestCore<Value>

  /// A holder of this value.
  public init(_ value: Value) { core = LatestCore(value) }

  deinit { core.finish() }

  /// The newest value.
  public var value: Value { core.value }

  /// The newest value, repeatedly; each iterator is a reader of its own.
  public var values: LatestStream<Value> { LatestStream(core: core) }

  /// Sets a newer value; ignored after the end.
  public func set(_ value: Value) { core.change { $0 = value } }

  /// Derives a newer value from the newest, atomically, so the closure must not use this holder. Ignored after the end.
  public func update(_ change: @Sendable (inout Value) -> Void) { core.change(change) }

  /// Like ``set(_:)``, for ``_Concurrency/AsyncSequence/forward(to:isolation:)``. Never waits.
  public func send(_ element: Value) async { set(element) }

  /// There will be no newer value. Later calls have no effect.
  public func finish() { core.finish() }
}

/// State shared by the holder and its streams. Thread-safe.
final class LatestCore<Value: Sendable>: Sendable {
  typealias Waiter = UnsafeContinuation<(value: Value, version: Int)?, Never>

  private let state: Mutex<LatestState<Value, Waiter>>

  init(_ value: Value) { state = Mutex(LatestState(value: value)) }

  var value: Value { state.withLock { $0.value } }

  func join() -> Int { state.withLock { $0.join() } }

  func change(_ change: @Sendable (inout Value) -> Void) {
    let (value, version, waiters) = state.withLock { state in
      let (waiters, version) = state.change(change)
      return (state.value, version, waiters)
    }
    for waiter in waiters { waiter.resume(returning: (value, version)) }
  }

  func finish() {
    for waiter in state.withLock({ $0.finish() }) { waiter.resume(returning: nil) }
  }

  /// Waits for a newer value than the known one; `nil` at the end, and when the task is cancelled.
  func next(
    _ id: Int, after known: Int, isolation: isolated (any Actor)? = #isolation
  ) async -> (value: Value, version: Int)? {
    if Task.isCancelled { return nil }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { waiter in
        switch state.withLock({ $0.ask(id, after: known, waiter) }) {
        case .value(let value, let version): waiter.resume(returning: (value, version))
        case .end: waiter.resume(returning: nil)
        // The cancellation handler may have run before there was a waiter.
        case .wait: if Task.isCancelled { cancel(id) }
        }
      }
    } onCancel: {
      cancel(id)
    }
  }

  private func cancel(_ id: Int) {
    for waiter in state.withLock({ $0.cancel(id) }) { waiter.resume(returning: nil) }
  }
}
