// The result of a run as a line of JSON.
import Foundation

/// An interval of wall-clock and CPU time.
public struct Span: Sendable {
  private let begin = ContinuousClock.now
  private let cpu = CPUTime.ofThisProcess

  public init() {}

  public func end(count: Int, bytes: Int? = nil, latencies: Latencies? = nil) -> Report {
    let cpuSeconds = CPUTime.ofThisProcess - cpu
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    return Report(count: count, seconds: seconds, cpuSeconds: cpuSeconds, bytes: bytes, latencies: latencies)
  }
}

public struct Report: Sendable {
  /// Calls, messages or round trips.
  let count: Int
  let seconds: Double
  let cpuSeconds: Double
  let bytes: Int?
  let latencies: Latencies?

  /// The format that all peers print.
  public func json(mode: Mode) -> String {
    var fields = [
      #""mode": "\#(mode)""#, #""n": \#(count)"#, #""secs": \#(text(seconds))"#,
      #""per_s": \#(text(Double(count) / seconds))"#,
      #""cpu_us_per": \#(text(cpuSeconds * 1_000_000 / Double(max(count, 1))))"#,
    ]
    if let bytes {
      fields += [#""bytes": \#(bytes)"#, #""GBps": \#(text(Double(bytes) / seconds / 1_000_000_000))"#]
    }
    if let percentiles = latencies?.microseconds(atPercentiles: [50, 99]) {
      fields += [#""p50_us": \#(text(percentiles[0]))"#, #""p99_us": \#(text(percentiles[1]))"#]
    }
    return "{\(fields.joined(separator: ", "))}"
  }

  private func text(_ value: Double) -> String { String(format: "%.6g", value) }
}
