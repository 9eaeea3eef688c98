// Records log lines for tests.
public import Logging

/// Collects log lines. Pass `logger` to a server or a channel; `line` waits for one.
public final class RecordedLog: Sendable {
  private let events = EventLog<String>()

  public init() {}

  /// A logger that writes here, at every level.
  public var logger: Logger {
    Logger(label: "recorded") { _ in Handler(log: self) }
  }

  public var lines: [String] { events.untaken }

  /// Waits for a line that contains `text`; returns at once if there was one.
  /// - Throws: `MissedEvent` if there is none for a minute; `CancellationError`.
  @discardableResult
  public func line(containing text: String) async throws -> String {
    try await events.see("a line that contains “\(text)”") { $0.contains(text) }
  }

  fileprivate func add(_ line: String) { events.record(line) }
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
