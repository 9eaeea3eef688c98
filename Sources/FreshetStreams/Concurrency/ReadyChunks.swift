// Takes all available elements of a stream at once, so that a writer can write them together.

extension AsyncSequence where Self: Sendable, Element: Sendable {
  /// Elements in chunks: each waits for one element and includes those that are already available.
  ///
  /// ```swift
  /// for try await lines in log.readyChunks(max: 100) { try await file.write(lines) }
  /// ```
  ///
  /// Only a chunk's first element is waited for. Laws, in addition to those of ``AsyncGenerator``, which runs it: up to
  /// `max` elements are requested ahead of the consumer. Elements that arrived before an error come before it here too.
  ///
  /// - Parameter max: the maximum size of a chunk; less than 1 counts as 1.
  public func readyChunks(max: Int) -> AsyncGenerator<[Element], Failure> {
    AsyncGenerator { (yield: Yield<[Element]>) async throws(Failure) in
      if let failure = await yieldReadyChunks(Swift.max(max, 1), to: yield) { throw failure }
    }
  }

  private func yieldReadyChunks(_ max: Int, to yield: Yield<[Element]>) async -> Failure? {
    await withTaskGroup { group in
      // One more waits in `send`.
      let (sink, stream) = channel(of: Element.self, failing: Failure.self, capacity: max - 1)
      group.addTask { await sendAll(to: sink) }
      let failure = await stream.yieldReady(max, to: yield)
      group.cancelAll()
      return failure
    }
  }

  /// Sends all elements and finishes the sink with this sequence's end.
  func sendAll(to sink: ChannelSink<Element, Failure>) async {
    var elements = makeAsyncIterator()
    do throws(Failure) {
      while !sink.isStreamGone, let element = try await elements.next(isolation: #isolation) {
        do { try await sink.send(element) } catch { return }
      }
      sink.finish()
    } catch { sink.finish(throwing: error) }
  }
}

extension ChannelStream {
  /// Yields what is available, repeatedly; returns the error at the end, if any.
  fileprivate func yieldReady(_ max: Int, to yield: Yield<[Element]>) async -> Failure? {
    var elements = makeAsyncIterator()
    do throws(Failure) {
      while let first = try await elements.next(isolation: #isolation) {
        var chunk = [first]
        while chunk.count < max, let element = elements.nextReady() { chunk.append(element) }
        do { try await yield(chunk) } catch { return nil }
      }
      return nil
    } catch { return error }
  }
}
