// The type that streaming handlers return.

/// Any async sequence of messages that may be handed to another task: what a handler returns as `some
/// MessageStream<T>`.
public typealias MessageStream<Message> = AsyncSequence<Message, any Error> & Sendable
