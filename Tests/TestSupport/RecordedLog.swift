// Keeps what a program logs, for tests that ask for it.
public import Logging
import Synchronization

/// Collects log lines. `logger` may be given to a server or a channel; `next` waits for a line.
public final class RecordedLog: Sendable {
  private struct State {
    var lines: [String] = []
    var waiters: [(text: String, continuation: CheckedContinuation<String, Never>)] = []
  }

  private let state = Mutex(State())

  public init() {}

  /// A logger that writes here, at every level.
  public var logger: Logger {
    Logger(label: "recorded") { _ in Handler(log: self) }
  }

  public var lines: [String] { state.withLock { $0.lines } }

  /// Waits for a line that contains `text`; returns at once if there was one.
  public func line(containing text: String) async -> String {
    await withCheckedContinuation { continuation in
      let known = state.withLock { state -> String? in
        if let known = state.lines.first(where: { $0.contains(text) }) { return known }
        state.waiters.append((text, continuation))
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }

  fileprivate func add(_ line: String) {
    let woken = state.withLock { state in
      state.lines.append(line)
      let woken = state.waiters.filter { line.contains($0.text) }
      state.waiters.removeAll { line.contains($0.text) }
      return woken
    }
    for waiter in woken { waiter.continuation.resume(returning: line) }
  }
}

private struct Handler: LogHandler {
  let log: RecordedLog
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    log.add("\(event.level) \(event.message) \(pairs.joined(separator: " "))")
  }
}
