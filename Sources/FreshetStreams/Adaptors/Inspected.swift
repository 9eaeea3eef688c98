// Reports what happens on a stream, without changing it.

/// An event reported to a listener of ``_Concurrency/AsyncSequence/inspect(_:)``.
public enum Inspection<Element, Failure: Error> {
  /// The consumer receives this element.
  case element(Element)
  /// The stream ended.
  case end
  /// The stream failed.
  case failure(Failure)
  /// The consumer dropped the iterator before the end, or its task was cancelled when the end came.
  case cancelled
}

extension Inspection: Sendable where Element: Sendable {}

extension AsyncSequence {
  /// The same elements; each is reported to the listener, and so is the end of each iteration.
  ///
  /// For each iterator that was used at least once, the last event is exactly one of `end`, `failure` and `cancelled`.
  /// The listener runs before the consumer continues; for an iterator that is dropped, where it is dropped.
  public func inspect(_ listener: @escaping Inspected<Self>.Listener) -> Inspected<Self> {
    Inspected(base: self, listener: listener)
  }
}

/// The sequence returned by ``_Concurrency/AsyncSequence/inspect(_:)``.
public struct Inspected<Base: AsyncSequence>: AsyncSequence {
  public typealias Element = Base.Element
  public typealias Failure = Base.Failure
  /// Called for each event.
  public typealias Listener = @Sendable (Inspection<Base.Element, Base.Failure>) -> Void

  fileprivate let base: Base
  fileprivate let listener: Listener

  public func makeAsyncIterator() -> Iterator {
    Iterator(base: Fused.Iterator(base.makeAsyncIterator()), report: Report(listener: listener))
  }

  /// Passes elements on and reports them.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var base: Fused<Base>.Iterator
    fileprivate let report: Report

    /// The next element; `nil` after the last.
    ///
    /// - Throws: the error of the base, once.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(Failure) -> Element? {
      report.begin()
      do throws(Failure) {
        guard let element = try await base.next(isolation: actor) else {
          report.end(Task.isCancelled ? .cancelled : .end)
          return nil
        }
        report.listener(.element(element))
        return element
      } catch {
        report.end(Task.isCancelled && error is CancellationError ? .cancelled : .failure(error))
        throw error
      }
    }

    /// The next element; `nil` after the last.
    public mutating func next() async throws(Failure) -> Element? { try await next(isolation: #isolation) }
  }

  /// Notices when its iterator is dropped. Confined to the task that iterates.
  fileprivate final class Report {
    private enum State {
      case untouched, running, over
    }

    let listener: Listener
    private var state = State.untouched

    init(listener: @escaping Listener) { self.listener = listener }

    deinit { if case .running = state { listener(.cancelled) } }

    func begin() { if case .untouched = state { state = .running } }

    func end(_ how: Inspection<Element, Failure>) {
      guard case .running = state else { return }
      state = .over
      listener(how)
    }
  }
}

extension Inspected: Sendable where Base: Sendable {}
