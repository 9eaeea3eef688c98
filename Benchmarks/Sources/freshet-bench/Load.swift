// The measured work of a client.
import BenchMessages
import BenchReport
import Foundation
import Freshet

struct Load: Sendable {
  let client: Bench_V1_Bench.Client
  /// Echoes 16 bytes.
  let request = Bench_V1_Req.with { $0.body = Data(count: 16) }

  /// Off the main thread, like calls in a program's tasks.
  @concurrent
  func run(_ mode: Mode, _ count: Int, _ extent: Double) async throws -> Report {
    switch mode {
    case .unary: try await unary(atOnce: count, seconds: extent)
    case .sstream: try await serverStream(count: count, bytes: Int(extent))
    case .cstream: try await clientStream(count: count, bytes: Int(extent))
    case .bidi: try await pingPong(count: count, bytes: Int(extent))
    }
  }

  private func unary(atOnce: Int, seconds: Double) async throws -> Report {
    let span = Span()
    let end = ContinuousClock.now + .seconds(seconds)
    let latencies = try await withThrowingTaskGroup(of: Latencies.self) { group in
      for _ in 0..<atOnce { group.addTask { try await callAgainAndAgain(until: end) } }
      return try await group.reduce(into: Latencies()) { $0.append($1) }
    }
    return span.end(count: latencies.count, latencies: latencies)
  }

  private func callAgainAndAgain(until end: ContinuousClock.Instant) async throws -> Latencies {
    var latencies = Latencies()
    var begin = ContinuousClock.now
    while begin < end {
      _ = try await client.unary(request)
      let now = ContinuousClock.now
      latencies.append(now - begin)
      begin = now
    }
    return latencies
  }

  private func serverStream(count: Int, bytes: Int) async throws -> Report {
    let span = Span()
    var received = (messages: 0, bytes: 0)
    let request = Bench_V1_Req.with {
      $0.responseSize = Int32(bytes)
      $0.count = Int32(count)
    }
    for try await payload in client.serverStream(request) {
      received.messages += 1
      received.bytes += payload.body.count
    }
    guard received.messages == count else { throw Shortage(expected: count, came: received.messages) }
    return span.end(count: received.messages, bytes: received.bytes)
  }

  private func clientStream(count: Int, bytes: Int) async throws -> Report {
    let span = Span()
    let payload = Bench_V1_Payload.with { $0.body = Data(count: bytes) }
    _ = try await client.clientStream { yield in
      for _ in 0..<count { try await yield(payload) }
    }
    return span.end(count: count, bytes: count * bytes)
  }

  private func pingPong(count: Int, bytes: Int) async throws -> Report {
    let payload = Bench_V1_Payload.with { $0.body = Data(count: bytes) }
    let call = client.bidi()
    var responses = call.responses.makeAsyncIterator()
    var latencies = Latencies()
    let span = Span()
    for round in 0..<count {
      let begin = ContinuousClock.now
      try await call.send(payload)
      guard try await responses.next() != nil else { throw Shortage(expected: count, came: round) }
      latencies.append(ContinuousClock.now - begin)
    }
    let report = span.end(count: count, bytes: count * bytes, latencies: latencies)
    call.finish()
    while try await responses.next() != nil {}
    return report
  }
}
