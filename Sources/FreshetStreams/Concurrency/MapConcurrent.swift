// Transforms several elements of a stream concurrently.

extension AsyncSequence where Self: Sendable, Element: Sendable {
  /// The closure's results for each element, with up to `limit` concurrent calls.
  ///
  /// ```swift
  /// let pages = urls.mapConcurrent(limit: 4) { url in try await fetch(url) }
  /// ```
  ///
  /// Laws, in addition to those of ``AsyncGenerator``, which runs it:
  /// - At most `limit` elements are between this sequence and the consumer, including the last one that the consumer
  ///   received: with a limit of 1, an element is requested when the consumer requests one.
  /// - Ordered, elements and a closure's error come in the order of this sequence; unordered, in the order of
  ///   completion.
  /// - An error of this sequence comes after the elements before it. An error of the closure cancels the running calls,
  ///   whose elements are lost.
  /// - When the consumer is dropped, all calls are cancelled.
  ///
  /// - Parameters:
  ///   - limit: less than 1 counts as 1.
  ///   - ordered: whether elements keep their order.
  ///   - transform: runs in a child task for each element.
  public func mapConcurrent<Output: Sendable>(
    limit: Int, ordered: Bool = true, _ transform: @escaping @Sendable (Element) async throws(Failure) -> Output
  ) -> AsyncGenerator<Output, Failure> {
    ConcurrentMap(base: self, limit: limit, ordered: ordered, widen: { $0 }, transform: transform).generator
  }

  /// The closure's results for each element, with up to `limit` concurrent calls; both may fail.
  @_disfavoredOverload
  public func mapConcurrent<Output: Sendable>(
    limit: Int, ordered: Bool = true, _ transform: @escaping @Sendable (Element) async throws -> Output
  ) -> AsyncGenerator<Output, any Error> {
    ConcurrentMap(base: self, limit: limit, ordered: ordered, widen: { $0 }, transform: transform).generator
  }
}

extension AsyncSequence where Self: Sendable, Element: Sendable, Failure == Never {
  /// The closure's results for each element, with up to `limit` concurrent calls; only it may fail.
  public func mapConcurrent<Output: Sendable, TransformFailure: Error>(
    limit: Int, ordered: Bool = true,
    _ transform: @escaping @Sendable (Element) async throws(TransformFailure) -> Output
  ) -> AsyncGenerator<Output, TransformFailure> {
    ConcurrentMap(
      base: self, limit: limit, ordered: ordered, widen: absurd, transform: transform
    ).generator
  }
}

/// The implementation: a feeder with a child task per element, and a taker, which yields.
private struct ConcurrentMap<Base: AsyncSequence & Sendable, Output: Sendable, Failure: Error>: Sendable
where Base.Element: Sendable {
  let base: Base
  let limit: Int
  let ordered: Bool
  let widen: @Sendable (Base.Failure) -> Failure
  let transform: @Sendable (Base.Element) async throws(Failure) -> Output

  var generator: AsyncGenerator<Output, Failure> {
    AsyncGenerator { (yield: Yield<Output>) async throws(Failure) in
      if let failure = await run(yield) { throw failure }
    }
  }

  private func run(_ yield: Yield<Output>) async -> Failure? {
    let window = MapWindow<Output, Failure>(limit: max(limit, 1), ordered: ordered)
    return await withTaskGroup { group in
      group.addTask { await feed(window) }
      let failure = await deliver(window, yield)
      window.stop()
      group.cancelAll()
      return failure
    }
  }

  private func feed(_ window: MapWindow<Output, Failure>) async {
    await withDiscardingTaskGroup { group in
      var upstream = base.makeAsyncIterator()
      do throws(Base.Failure) {
        while await window.admit(), !Task.isCancelled, let element = try await upstream.next(isolation: #isolation) {
          let number = window.begin()
          group.addTask { window.put(await result(of: element), number: number) }
        }
        window.finish(nil)
      } catch { window.finish(widen(error)) }
    }
  }

  private func result(of element: Base.Element) async -> Result<Output, Failure> {
    do throws(Failure) { return .success(try await transform(element)) } catch { return .failure(error) }
  }

  private func deliver(_ window: MapWindow<Output, Failure>, _ yield: Yield<Output>) async -> Failure? {
    while true {
      switch await window.take() {
      case .element(let output):
        // Refused: the consumer is gone, so an error would have no receiver.
        do { try await yield(output) } catch { return nil }
        window.release()
      case .end(let failure): return failure
      }
    }
  }
}
