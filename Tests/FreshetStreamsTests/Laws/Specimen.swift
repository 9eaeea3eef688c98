// A stream that is tested against the laws, type-erased.
import FreshetStreams
import TestSupport
import Testing

/// A stream whose elements are described as text.
struct AnyStream: Sendable {
  /// Requests the next element from one iterator.
  typealias Next = () async throws -> String?

  /// Makes an iterator.
  let iterate: @Sendable () -> Next
  /// Reads the stream in a loop, which the closure may leave (false) or end with an error.
  let loop: @Sendable (_ body: @Sendable (String) throws -> Bool) async throws -> Void

  init<Stream: AsyncSequence & Sendable>(
    _ stream: Stream, describe: @escaping @Sendable (Stream.Element) -> String = { "\($0)" }
  ) {
    iterate = {
      var iterator = stream.makeAsyncIterator()
      return { try await iterator.next(isolation: #isolation).map(describe) }
    }
    loop = { body in for try await element in stream where try !body(describe(element)) { break } }
  }

  /// An operation that reads a whole stream, as a stream of its one result.
  init<Result: Sendable>(resultOf operation: @escaping @Sendable () async throws -> Result?) {
    self.init(
      unfold(false) { (isDone: inout Bool) async throws -> Result? in
        if isDone { return nil }
        isDone = true
        return try await operation()
      })
  }
}

/// One way to make a stream, and its expected behaviour.
struct Specimen: Sendable, CustomTestStringConvertible {
  /// The maximum number of elements its source has made when this many of the stream's were received.
  typealias Demand = @Sendable (_ received: Int) -> Int

  let testDescription: String
  /// The public names that it covers.
  let covers: [String]
  /// The stream's elements when its source ends.
  let elements: [String]
  /// The elements before its source's error; `nil` if it does not pass that on.
  var beforeFailure: [String]?
  /// The elements when its source fails, if it does not pass that on.
  var insteadOfFailure: [String]?
  /// `nil` if there is no source that counts.
  var demand: Demand? = { $0 }
  /// Whether it ends without an error when its source does.
  var ends = true
  /// Whether it waits when its source does.
  var hangs = true
  var isOrdered = true
  /// Whether adjacent elements may come in one chunk.
  var joins = false
  /// How many elements it has certainly returned when its source waits.
  var countBeforeWait: Int
  let make: @Sendable (Probe, Ending) -> AnyStream

  init(
    _ name: String, covers: [String], elements: [String] = ["0", "1", "2"], demand: Demand? = { $0 },
    make: @escaping @Sendable (Probe, Ending) -> AnyStream
  ) {
    testDescription = name
    self.covers = covers
    self.elements = elements
    self.demand = demand
    beforeFailure = elements
    countBeforeWait = elements.count
    self.make = make
  }

  func with(_ change: (inout Specimen) -> Void) -> Specimen {
    var specimen = self
    change(&specimen)
    return specimen
  }

  /// It has no source: nothing is counted, nothing fails.
  func withoutSource(hangs: Bool = false) -> Specimen {
    with {
      $0.demand = nil
      $0.beforeFailure = nil
      $0.hangs = hangs
    }
  }

  /// It reads its whole source for its first element.
  func total() -> Specimen {
    with {
      $0.demand = nil
      $0.beforeFailure = []
      $0.countBeforeWait = 0
    }
  }

  /// It does not pass an error on.
  func withoutFailure(instead: [String]? = nil) -> Specimen {
    with {
      $0.beforeFailure = nil
      $0.insteadOfFailure = instead
    }
  }

  /// What was received, in a form that can be compared.
  func normalised(_ received: [String]) -> [String] {
    let parts = joins ? received.flatMap { $0.split(separator: " ").map(String.init) } : received
    return isOrdered ? parts : parts.sorted()
  }
}
