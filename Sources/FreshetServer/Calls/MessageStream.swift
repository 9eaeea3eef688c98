// The result of a streaming handler: any sequence of messages, type-erased.
public import FreshetStreams

/// A stream of messages made from any async sequence, whatever its type and its error, from an array, or from a body
/// that yields them. Returned by streaming methods:
///
/// ```swift
/// func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
///   MessageStream { yield in
///     for word in request.text.split(separator: " ") { try await yield(.with { $0.text = String(word) }) }
///   }
/// }
///
/// func watch(_ request: Room, context: ServerContext) -> MessageStream<Line> {
///   MessageStream(hub.subscribeOrDisconnect(bound: 100))
/// }
/// ```
///
/// Laws:
/// - It behaves like the sequence it was made from: equally cold, re-readable and fused, and cancelled in the same way.
/// - A body, or a generator, that a handler returns runs in the handler's task, directly connected to the client.
/// - As a concrete type it costs the compiler nothing: one service may have a thousand streaming methods, a method may
///   return different sequences in its branches, and one type can implement several services.
public struct MessageStream<Message: Sendable>: AsyncSequence, Sendable {
  public typealias Element = Message
  public typealias Failure = any Error

  @usableFromInline
  enum Source: Sendable {
    case generator(AsyncGenerator<Message, any Error>)
    case box(MessageBox<Message>)
  }

  @usableFromInline let source: Source

  /// The elements that the body yields; each `yield` returns when the client has room for another message.
  @inlinable
  public init(_ body: @escaping AsyncGenerator<Message, any Error>.Body) { source = .generator(AsyncGenerator(body)) }

  /// The messages of any async sequence, and its error.
  @inlinable
  public init<Messages: AsyncSequence & Sendable>(_ messages: Messages) where Messages.Element == Message {
    // Optimised code knows the type, so there are no casts.
    if let stream = messages as? MessageStream<Message> {
      self = stream
    } else if let generator = messages as? AsyncGenerator<Message, any Error> {
      source = .generator(generator)
    } else {
      source = .box(SequenceBox(messages))
    }
  }

  /// The messages of a generator that never fails, or fails with errors of one type. Its body, too, runs without a task
  /// of its own.
  @inlinable
  public init<BodyFailure: Error>(_ generator: AsyncGenerator<Message, BodyFailure>) {
    source = .box(GeneratorBox(generator))
  }

  /// The messages of an array or another sequence.
  @inlinable
  public init(_ messages: some Sequence<Message> & Sendable) { source = .box(CollectedBox(messages)) }

  /// An iterator of the underlying sequence.
  public func makeAsyncIterator() -> Iterator {
    switch source {
    case .generator(let generator): Iterator(next: .generator(generator.makeAsyncIterator()))
    case .box(let box): Iterator(next: .box(box.makeIterator()))
    }
  }

  /// Returns one message after another.
  public struct Iterator: AsyncIteratorProtocol {
    enum Next {
      case generator(AsyncGenerator<Message, any Error>.Iterator)
      case box(MessageIterator<Message>)
    }

    var next: Next

    /// The next message; `nil` after the last.
    ///
    /// - Throws: the sequence's error.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Message? {
      switch next {
      case .generator(var iterator): try await iterator.next(isolation: actor)  // copies share one run
      case .box(let iterator): try await iterator.next(isolation: actor)
      }
    }

    /// The next message; `nil` after the last.
    ///
    /// - Throws: the sequence's error.
    public mutating func next() async throws -> Message? { try await next(isolation: #isolation) }
  }

  /// Sends all messages to the sink, in the caller's task.
  func run(into sink: some ImmediateSink<Message, any Error>) async throws {
    switch source {
    case .generator(let generator): try await generator.run(into: sink)
    case .box(let box): try await box.run(into: sink)
    }
  }
}

/// A sequence whose type only its subclass knows, so that code specialised for it stays specialised.
@usableFromInline
class MessageBox<Message: Sendable>: @unchecked Sendable {  // SAFETY: subclasses hold constants that are Sendable.
  @usableFromInline init() {}

  @usableFromInline
  func run(into sink: any ImmediateSink<Message, any Error>) async throws {}

  @usableFromInline
  func makeIterator() -> MessageIterator<Message> { MessageIterator() }
}

@usableFromInline
class MessageIterator<Message: Sendable> {
  @usableFromInline init() {}

  @usableFromInline
  func next(isolation actor: isolated (any Actor)?) async throws -> Message? { nil }
}

// SAFETY: a Sendable constant.
@usableFromInline
final class SequenceBox<Messages: AsyncSequence & Sendable>: MessageBox<Messages.Element>, @unchecked Sendable
where Messages.Element: Sendable {
  @usableFromInline let messages: Messages

  @inlinable
  init(_ messages: Messages) {
    self.messages = messages
    super.init()
  }

  @inlinable
  override func run(into sink: any ImmediateSink<Messages.Element, any Error>) async throws {
    for try await message in messages where try !sink.put(message) { try await sink.waitForRoom() }
  }

  @inlinable
  override func makeIterator() -> MessageIterator<Messages.Element> { SequenceIterator(messages.makeAsyncIterator()) }
}

@usableFromInline
final class SequenceIterator<Base: AsyncIteratorProtocol>: MessageIterator<Base.Element> where Base.Element: Sendable {
  @usableFromInline var base: Base

  @inlinable
  init(_ base: Base) {
    self.base = base
    super.init()
  }

  @inlinable
  override func next(isolation actor: isolated (any Actor)?) async throws -> Base.Element? {
    try await base.next(isolation: actor)
  }
}

// SAFETY: a Sendable constant.
@usableFromInline
final class GeneratorBox<Message: Sendable, Failure: Error>: MessageBox<Message>, @unchecked Sendable {
  @usableFromInline let generator: AsyncGenerator<Message, Failure>

  @inlinable
  init(_ generator: AsyncGenerator<Message, Failure>) {
    self.generator = generator
    super.init()
  }

  @inlinable
  override func run(into sink: any ImmediateSink<Message, any Error>) async throws {
    try await generator.run(into: sink)
  }

  @inlinable
  override func makeIterator() -> MessageIterator<Message> { SequenceIterator(generator.makeAsyncIterator()) }
}

// SAFETY: a Sendable constant.
@usableFromInline
final class CollectedBox<Messages: Sequence & Sendable>: MessageBox<Messages.Element>, @unchecked Sendable
where Messages.Element: Sendable {
  @usableFromInline let messages: Messages

  @inlinable
  init(_ messages: Messages) {
    self.messages = messages
    super.init()
  }

  @inlinable
  override func run(into sink: any ImmediateSink<Messages.Element, any Error>) async throws {
    for message in messages where try !sink.put(message) { try await sink.waitForRoom() }
  }

  @inlinable
  override func makeIterator() -> MessageIterator<Messages.Element> { CollectedIterator(messages.makeIterator()) }
}

@usableFromInline
final class CollectedIterator<Base: IteratorProtocol>: MessageIterator<Base.Element> where Base.Element: Sendable {
  @usableFromInline var base: Base

  @inlinable
  init(_ base: Base) {
    self.base = base
    super.init()
  }

  @inlinable
  override func next(isolation actor: isolated (any Actor)?) async throws -> Base.Element? { base.next() }
}
