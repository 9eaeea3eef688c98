// Connects one subscriber to its source.

/// The result of a subscriber's request.
enum SubscriberDelivery<Element: Sendable, Failure: Error>: Sendable {
  case element(Element, missed: Int)
  case end(Failure?)
  /// It was too slow.
  case disconnected
}

/// Distributes elements to its subscribers, which have numbers. Thread-safe; continuations are resumed outside its
/// lock.
protocol SubscriberSource: AnyObject, Sendable {
  associatedtype Element: Sendable
  associatedtype Failure: Error

  /// A subscriber requests its next element, or its end, and waits for it.
  func demand(_ id: Int, _ waiter: UnsafeContinuation<SubscriberDelivery<Element, Failure>, Never>)
  /// A subscriber is dropped. Its waiters get the end.
  func leave(_ id: Int)
}

/// A subscription, which ends when this is released.
final class Subscriber<Source: SubscriberSource>: Sendable {
  private let source: Source
  private let id: Int

  init(of source: Source, id: Int) {
    self.source = source
    self.id = id
  }

  deinit { source.leave(id) }

  /// The next element, or the end. A cancelled task ends the subscription.
  func next(isolation: isolated (any Actor)? = #isolation) async -> SubscriberDelivery<Source.Element, Source.Failure> {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { waiter in
        source.demand(id, waiter)
        // The cancellation handler may have run before there was a waiter.
        if Task.isCancelled { source.leave(id) }
      }
    } onCancel: {
      source.leave(id)
    }
  }
}
