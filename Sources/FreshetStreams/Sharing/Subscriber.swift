// One subscriber's way to what it has subscribed to.

/// What a subscriber gets when it asks.
enum SubscriberDelivery<Element: Sendable, Failure: Error>: Sendable {
  case element(Element, missed: Int)
  case end(Failure?)
  /// It was too slow.
  case disconnected
}

/// What gives its subscribers elements, and knows them by numbers. Any task may call anything at any time; continuations
/// are resumed outside its lock.
protocol SubscriberSource: AnyObject, Sendable {
  associatedtype Element: Sendable
  associatedtype Failure: Error

  /// A subscriber asks for its next element, or its end, and waits for it.
  func demand(_ id: Int, _ waiter: UnsafeContinuation<SubscriberDelivery<Element, Failure>, Never>)
  /// A subscriber goes away. Those who wait on its behalf get the end.
  func leave(_ id: Int)
}

/// A place among the subscribers, which is left when this goes away.
final class Subscriber<Source: SubscriberSource>: Sendable {
  private let source: Source
  private let id: Int

  init(of source: Source, id: Int) {
    self.source = source
    self.id = id
  }

  deinit { source.leave(id) }

  /// The next element, or the end. One whose task is cancelled leaves.
  func next(isolation: isolated (any Actor)? = #isolation) async -> SubscriberDelivery<Source.Element, Source.Failure> {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { waiter in
        source.demand(id, waiter)
        // The handler below may have run before there was a waiter.
        if Task.isCancelled { source.leave(id) }
      }
    } onCancel: {
      source.leave(id)
    }
  }
}
