// Reads several streams concurrently as one.

extension AsyncSequence where Self: Sendable, Element: Sendable {
  /// The elements of the sequences that the closure makes, up to `limit` of which are read concurrently.
  ///
  /// ```swift
  /// let entries = folders.flatMapConcurrent(limit: 8) { folder in folder.entries }
  /// ```
  ///
  /// Laws, in addition to those of ``AsyncGenerator``, which runs it:
  /// - Each inner sequence keeps its order, and at most one of its elements waits to be received.
  /// - An error, of this sequence or an inner one, comes after the waiting elements, and cancels everything else.
  /// - When the consumer is dropped, all of them are cancelled.
  ///
  /// - Parameters:
  ///   - limit: how many inner sequences are read concurrently; less than 1 counts as 1. The next element of this
  ///     sequence is requested when one of them has ended.
  ///   - transform: makes an inner sequence from an element.
  public func flatMapConcurrent<Inner: AsyncSequence & Sendable>(
    limit: Int, _ transform: @escaping @Sendable (Element) async -> Inner
  ) -> AsyncGenerator<Inner.Element, Failure> where Inner.Element: Sendable, Inner.Failure == Failure {
    ConcurrentFlatMap(base: self, limit: limit, widen: { $0 }, widenInner: { $0 }, transform: transform).generator
  }

  /// The elements of the sequences that the closure makes, up to `limit` concurrently; both may fail.
  @_disfavoredOverload
  public func flatMapConcurrent<Inner: AsyncSequence & Sendable>(
    limit: Int, _ transform: @escaping @Sendable (Element) async -> Inner
  ) -> AsyncGenerator<Inner.Element, any Error> where Inner.Element: Sendable {
    ConcurrentFlatMap(base: self, limit: limit, widen: { $0 }, widenInner: { $0 }, transform: transform).generator
  }
}

extension AsyncSequence where Self: Sendable, Element: Sendable, Failure == Never {
  /// The elements of the sequences that the closure makes, up to `limit` concurrently; only they may fail.
  public func flatMapConcurrent<Inner: AsyncSequence & Sendable>(
    limit: Int, _ transform: @escaping @Sendable (Element) async -> Inner
  ) -> AsyncGenerator<Inner.Element, Inner.Failure> where Inner.Element: Sendable {
    ConcurrentFlatMap(
      base: self, limit: limit, widen: absurd, widenInner: { $0 }, transform: transform
    ).generator
  }
}

/// The implementation: a feeder with a child task per inner sequence, which send into a channel; its reader yields.
struct ConcurrentFlatMap<Base: AsyncSequence & Sendable, Inner: AsyncSequence & Sendable, Failure: Error>: Sendable
where Base.Element: Sendable, Inner.Element: Sendable {
  private typealias Sink = ChannelSink<Inner.Element, Failure>

  let base: Base
  let limit: Int
  let widen: @Sendable (Base.Failure) -> Failure
  let widenInner: @Sendable (Inner.Failure) -> Failure
  let transform: @Sendable (Base.Element) async -> Inner

  var generator: AsyncGenerator<Inner.Element, Failure> {
    AsyncGenerator { (yield: Yield<Inner.Element>) async throws(Failure) in
      if let failure = await run(yield) { throw failure }
    }
  }

  private func run(_ yield: Yield<Inner.Element>) async -> Failure? {
    await withTaskGroup { group in
      let (sink, stream) = channel(of: Inner.Element.self, failing: Failure.self, capacity: 0)
      group.addTask { await feed(sink) }
      let failure = await stream.yieldAll(to: yield)
      group.cancelAll()
      return failure
    }
  }

  private func feed(_ sink: Sink) async {
    let places = Places(count: max(limit, 1))
    await withDiscardingTaskGroup { group in
      var upstream = base.makeAsyncIterator()
      do throws(Base.Failure) {
        while true {
          await places.take()
          guard !sink.isStreamGone, let element = try await upstream.next(isolation: #isolation) else { break }
          group.addTask {
            defer { places.giveBack() }
            await read(transform(element), sink)
          }
        }
      } catch { sink.finish(throwing: widen(error)) }
    }
    sink.finish()
  }

  private func read(_ inner: Inner, _ sink: Sink) async {
    var elements = inner.makeAsyncIterator()
    do throws(Inner.Failure) {
      while let element = try await elements.next(isolation: #isolation) {
        // Refused: the consumer is gone, or another of the sequences has failed.
        do { try await sink.send(element) } catch { return }
      }
    } catch { sink.finish(throwing: widenInner(error)) }
  }
}

extension ChannelStream {
  /// Yields all elements; returns the error at their end, if any.
  func yieldAll(to yield: Yield<Element>) async -> Failure? {
    var elements = makeAsyncIterator()
    do throws(Failure) {
      while let element = try await elements.next(isolation: #isolation) {
        // Refused: the consumer is gone, so an error would have no receiver.
        do { try await yield(element) } catch { return nil }
      }
      return nil
    } catch { return error }
  }
}
