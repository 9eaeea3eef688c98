// The laws of streams, each checked on every maker and adaptor.
import FreshetStreams
import TestSupport
import Testing

/// The properties checked for every stream.
enum Law: String, CaseIterable, CustomTestStringConvertible {
  case cold = "1 Cold: nothing runs before the first next()"
  case anew = "1 Cold: each iterator starts anew, even while another is in use"
  case pull = "2 Pull: no element is made before it is requested, or beyond the bound"
  case fused = "3 Fused: after the end next() returns nil forever"
  case failsOnce = "3 Fused: an error is thrown once, followed by nil forever"
  case dropped = "4 Cancelled: dropping an iterator ends its source, and leaves nothing"
  case brokenOff = "4 Cancelled: leaving a loop ends its source, and leaves nothing"
  case failedConsumer = "4 Cancelled: an error in the consumer ends its source, and leaves nothing"
  case cancelledWaiting = "4 Cancelled: cancelling a waiting task ends its source, and leaves nothing"
  case cancelledBefore = "4 Cancelled: a task cancelled before its first request ends, and leaves nothing"
  case cancelledBetween =
    "4 Cancelled: a task cancelled between two elements ends, and leaves nothing"
  case complete = "5 Nothing lost: in any order of events, all elements arrive in order"

  var testDescription: String { rawValue }

  /// Why the law does not apply to a specimen; `nil` if it does.
  func reasonToLeaveOut(_ specimen: Specimen) -> String? {
    switch self {
    case .cold, .dropped, .cancelledBefore, .cancelledBetween, .cancelledWaiting: nil
    case .brokenOff, .failedConsumer: specimen.countBeforeWait == 0 ? "it has no element before its end" : nil
    case .anew, .fused, .complete: specimen.ends ? nil : "it has no end without an error"
    case .pull: specimen.demand == nil ? "it has no source that counts, or reads all of it" : nil
    case .failsOnce:
      specimen.beforeFailure == nil && specimen.insteadOfFailure == nil ? "it has no source that fails" : nil
    }
  }
}

@Suite("Laws")
struct LawTests {
  /// The number of random event orders per law.
  private static let orders: [UInt64] = Array(0..<8)

  @Test(arguments: Law.allCases, Specimen.all)
  func `Every law holds for every stream`(law: Law, specimen: Specimen) async {
    guard law.reasonToLeaveOut(specimen) == nil else { return }
    for seed in Self.orders {
      switch law {
      case .cold: cold(specimen, seed)
      case .anew: anew(specimen, seed)
      case .pull: pull(specimen, seed)
      case .fused: fused(specimen, seed)
      case .failsOnce: failsOnce(specimen, seed)
      case .dropped: dropped(specimen, seed)
      case .brokenOff: brokenOff(specimen, seed)
      case .failedConsumer: failedConsumer(specimen, seed)
      case .cancelledWaiting: cancelledWaiting(specimen, seed)
      case .cancelledBefore: cancelledBefore(specimen, seed)
      case .cancelledBetween: cancelledBetween(specimen, seed)
      case .complete: complete(specimen, seed)
      }
    }
  }

  @Test func `How many streams and laws there are`() {
    let pairs = Law.allCases.flatMap { law in Specimen.all.map { (law, $0) } }
    let leftOut = pairs.filter { $0.0.reasonToLeaveOut($0.1) != nil }
    for (law, specimen) in leftOut {
      print("stream laws: left out: \(specimen.testDescription), \(law): \(law.reasonToLeaveOut(specimen)!)")
    }
    let names = Set(Specimen.all.flatMap(\.covers))
    print(
      "stream laws: \(names.count) public names in \(Specimen.all.count) specimens × \(Law.allCases.count) laws: "
        + "\(pairs.count - leftOut.count) pairs in \(Self.orders.count) random orders each, \(leftOut.count) left out")
    #expect(pairs.count > 3 * leftOut.count)
  }

  private func expectNil(_ next: AnyStream.Next) async throws {
    for _ in 0..<3 {
      let element = try await next()
      #expect(element == nil)
    }
  }

  private func cold(_ specimen: Specimen, _ seed: UInt64) {
    let play = Play(specimen, .ends, seed) { stream, probe in
      let next = stream.iterate()
      for _ in 0..<5 { await Task.yield() }
      #expect(probe.starts.values.isEmpty && probe.made.values.isEmpty)
      withExtendedLifetime(next) {}
    }
    play.expectNothingLeft()
    #expect(play.probe.starts.values.isEmpty && play.probe.made.values.isEmpty)
  }

  private func anew(_ specimen: Specimen, _ seed: UInt64) {
    let (first, second) = (Log<String>(), Log<String>())
    Play(specimen, .ends, seed) { stream, _ in
      let (next, other) = (stream.iterate(), stream.iterate())
      var (isOpen, isOtherOpen) = (true, true)
      while isOpen || isOtherOpen {
        if isOpen, let element = try await next() { first.append(element) } else { isOpen = false }
        if isOtherOpen, let element = try await other() { second.append(element) } else { isOtherOpen = false }
      }
    }.expectNothingLeft()
    #expect(specimen.normalised(first.values) == specimen.normalised(specimen.elements), "seed \(seed)")
    #expect(specimen.normalised(second.values) == specimen.normalised(specimen.elements), "seed \(seed)")
  }

  private func pull(_ specimen: Specimen, _ seed: UInt64) {
    let turns = specimen.elements.map { _ in Event() }
    let play = Play(specimen, .ends, seed) { stream, _ in
      let next = stream.iterate()
      for turn in turns {
        await turn.wait()
        _ = try await next()
      }
    }
    for (received, turn) in turns.enumerated() {
      let allowed = received == 0 ? 0 : specimen.demand!(received)
      #expect(play.probe.made.values.count <= allowed, "after \(received) elements, seed \(seed)")
      turn.fire()
      play.goOn()
    }
    #expect(!play.probe.made.values.isEmpty || specimen.demand!(1) == 0)
    play.expectNothingLeft()
  }

  private func fused(_ specimen: Specimen, _ seed: UInt64) {
    Play(specimen, .ends, seed) { stream, _ in
      let next = stream.iterate()
      while try await next() != nil {}
      try await expectNil(next)
    }.expectNothingLeft()
  }

  private func failsOnce(_ specimen: Specimen, _ seed: UInt64) {
    let received = Log<String>()
    let errors = Log<String>()
    Play(specimen, .fails, seed) { stream, _ in
      let next = stream.iterate()
      do {
        while let element = try await next() { received.append(element) }
      } catch { errors.append("\(type(of: error))") }
      try await expectNil(next)
    }.expectNothingLeft()
    let expected = specimen.beforeFailure ?? specimen.insteadOfFailure!
    #expect(specimen.normalised(received.values) == specimen.normalised(expected), "seed \(seed)")
    #expect(errors.values == (specimen.beforeFailure == nil ? [] : ["Broken"]), "seed \(seed)")
  }

  private func dropped(_ specimen: Specimen, _ seed: UInt64) {
    for taken in 0...specimen.countBeforeWait {
      Play(specimen, .hangs, seed) { stream, _ in
        let next = stream.iterate()
        for _ in 0..<taken { _ = try await next() }
      }.expectNothingLeft()
    }
  }

  private func brokenOff(_ specimen: Specimen, _ seed: UInt64) {
    for taken in 0..<specimen.countBeforeWait {
      let received = Log<String>()
      Play(specimen, .hangs, seed) { stream, _ in
        try await stream.loop { element in
          received.append(element)
          return received.values.count <= taken
        }
      }.expectNothingLeft()
    }
  }

  private func failedConsumer(_ specimen: Specimen, _ seed: UInt64) {
    guard specimen.countBeforeWait > 0 else { return }
    let play = Play(specimen, .hangs, seed) { stream, _ in
      try await stream.loop { _ in throw Broken(7) }
    }
    play.expectNothingLeft()
    #expect(play.errors.values == ["Broken"])
  }

  private func cancelledWaiting(_ specimen: Specimen, _ seed: UInt64) {
    let play = Play(specimen, .hangs, seed) { stream, _ in
      let next = stream.iterate()
      while try await next() != nil {}
      try await expectNil(next)
    }
    if specimen.hangs { #expect(!play.isOver, "it does not wait for its source") }
    play.cancel()
    play.expectNothingLeft()
  }

  private func cancelledBefore(_ specimen: Specimen, _ seed: UInt64) {
    let play = Play(specimen, .hangs, seed) { stream, _ in
      await waitForCancellation()
      let next = stream.iterate()
      while try await next() != nil {}
    }
    play.cancel()
    play.expectNothingLeft()
  }

  private func cancelledBetween(_ specimen: Specimen, _ seed: UInt64) {
    let play = Play(specimen, .hangs, seed) { stream, _ in
      let next = stream.iterate()
      if specimen.countBeforeWait > 0 { _ = try await next() }
      await waitForCancellation()
      while try await next() != nil {}
    }
    play.cancel()
    play.expectNothingLeft()
  }

  private func complete(_ specimen: Specimen, _ seed: UInt64) {
    let received = Log<String>()
    let play = Play(specimen, .ends, seed) { stream, _ in
      try await stream.loop { element in
        received.append(element)
        return true
      }
    }
    play.expectNothingLeft()
    #expect(specimen.normalised(received.values) == specimen.normalised(specimen.elements), "seed \(seed)")
    #expect(play.errors.values.isEmpty)
  }
}
