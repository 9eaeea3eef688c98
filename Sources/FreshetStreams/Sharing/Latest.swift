// A value whose readers see the newest one.
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
/// - A reader gets the present value first, then the newest whenever there is one that it has not seen. It may miss values
///   in between, never the last one before the end.
/// - Nothing waits for readers.
/// - The streams end behind ``finish()``, or when the holder goes away, with the newest value.
public final class Latest<Value: Sendable>: StreamSink {
  let core: LatestCore<Value>

  /// A holder of this value.
  public init(_ value: Value) { core = LatestCore(value) }

  deinit { core.finish() }

  /// The newest value.
  public var value: Value { core.value }

  /// The newest value, again and again; each iterator is a reader of its own.
  public var values: LatestStream<Value> { LatestStream(core: core) }

  /// Sets a newer value; ignored behind the end.
  public func set(_ value: Value) { core.change { $0 = value } }

  /// Makes a newer value of the newest, which does not change meanwhile, so the closure must not use this holder. Ignored
  /// behind the end.
  public func update(_ change: @Sendable (inout Value) -> Void) { core.change(change) }

  /// As ``set(_:)``, for ``_Concurrency/AsyncSequence/forward(to:isolation:)``. Never waits.
  public func send(_ element: Value) async { set(element) }

  /// There will be no newer value. Later calls change nothing.
  public func finish() { core.finish() }
}

/// What the holder and its streams share. Any task may call anything at any time.
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

  /// Waits for a value that is newer than the known one; `nil` at the end, and when the task is cancelled.
  func next(
    _ id: Int, after known: Int, isolation: isolated (any Actor)? = #isolation
  ) async -> (value: Value, version: Int)? {
    if Task.isCancelled { return nil }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { waiter in
        switch state.withLock({ $0.ask(id, after: known, waiter) }) {
        case .value(let value, let version): waiter.resume(returning: (value, version))
        case .end: waiter.resume(returning: nil)
        // The handler below may have run before anybody waited.
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
