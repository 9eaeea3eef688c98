// A foreign program that a test communicates with: lines of JSON in and out, and a bounded wait for its end.
public import Foundation
import NIOPosix
import Synchronization

/// A running program whose standard output is lines, usually of JSON, each a `Line`.
///
/// Every wait is bounded, and every failure includes the program's standard error.
public final class PeerProcess<Line: Decodable & Sendable>: Sendable {
  public let processIdentifier: Int32

  private let name: String
  private let lines = EventLog<Line>()
  private let ending = EventLog<Int32>()
  private let errors = ErrorOutput()
  private let input: Mutex<FileHandle?>
  private let process: Mutex<Process>

  /// Starts the program.
  /// - Parameters:
  ///   - environment: added to the environment of this process.
  ///   - decode: makes a `Line` from a line's bytes, JSON by default.
  /// - Throws: the system's error if the program cannot be started.
  public init(
    _ executable: String, _ arguments: [String], environment: [String: String] = [:],
    decode: @escaping @Sendable (Data) throws -> Line = { try JSONDecoder().decode(Line.self, from: $0) }
  ) throws {
    _ = ignoresBrokenPipes
    name = ([executable] + arguments).joined(separator: " ")
    let process = Process()
    let (input, output, errorOutput) = (Pipe(), Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errorOutput
    process.terminationHandler = { [ending] in ending.record($0.terminationStatus) }
    try process.run()
    processIdentifier = process.processIdentifier
    self.input = Mutex(input.fileHandleForWriting)
    self.process = Mutex(process)
    LineReader.start(output.fileHandleForReading, onLine: { [lines] in Self.take($0, decode, into: lines) }) {
      [lines] in
      lines.end("the program has closed its output")
    }
    LineReader.start(errorOutput.fileHandleForReading, onLine: { [errors] in errors.append($0) }, onEnd: {})
  }

  private static func take(_ bytes: Data, _ decode: (Data) throws -> Line, into lines: EventLog<Line>) {
    do {
      lines.record(try decode(bytes))
    } catch {
      let text = String(decoding: bytes.prefix(500), as: UTF8.self)
      lines.end("it wrote a line that is no \(Line.self): \(text) (\(error))")
    }
  }

  /// Takes the first matching line, and waits for it if necessary.
  /// - Throws: `PeerFailure` if it does not come within `limit` or the program has ended; `CancellationError`.
  @discardableResult
  public func line(
    _ what: String, within limit: Duration = .seconds(60), where matches: @escaping @Sendable (Line) -> Bool
  ) async throws -> Line {
    do {
      return try await lines.next(what, within: limit, where: matches)
    } catch let error as MissedEvent {
      throw failure("\(error)")
    }
  }

  /// The lines that were not taken.
  public var untakenLines: [Line] { lines.untaken }

  /// Writes one value as a line of JSON.
  /// - Throws: `PeerFailure` if the program takes no more input.
  public func send(_ value: some Encodable) async throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let bytes = try encoder.encode(value) + Data([UInt8(ascii: "\n")])
    do {
      // A full pipe blocks, which must not happen to a thread that runs tasks. The lock keeps lines whole.
      try await NIOThreadPool.singleton.runIfActive {
        try self.input.withLock { try $0?.write(contentsOf: bytes) }
      }
    } catch {
      throw failure("a line of \(bytes.count) bytes could not be written: \(error)")
    }
  }

  /// Sends a signal to this one process.
  public func signal(_ number: Int32) { kill(processIdentifier, number) }

  /// Waits for the end of the program.
  /// - Returns: its exit status, or the number of the signal that ended it.
  /// - Throws: `PeerFailure` if it runs longer than `limit`.
  @discardableResult
  public func exitStatus(within limit: Duration = .seconds(20)) async throws -> Int32 {
    do {
      let status = try await ending.next("the end of the program", within: limit)
      ending.record(status)  // for the next caller
      closeInput()
      return status
    } catch let error as MissedEvent {
      throw failure("\(error)")
    }
  }

  /// Ends the program: by closing its input, else by SIGTERM, else by SIGKILL. Returns when it has ended.
  /// - Throws: `PeerFailure` if even that did not work.
  public func stop() async throws {
    closeInput()
    for (number, patience) in [(SIGCONT, Duration.seconds(10)), (SIGTERM, .seconds(5)), (SIGKILL, .seconds(5))] {
      signal(number)
      if (try? await exitStatus(within: patience)) != nil { return }
    }
    throw failure("it could not be ended")
  }

  private func closeInput() {
    input.withLock { input in
      try? input?.close()
      input = nil
    }
  }

  private func failure(_ what: String) -> PeerFailure {
    PeerFailure(description: "the peer `\(name)`: \(what)\nIts standard error: \(errors.text)")
  }
}

/// A peer deviated from a test's expectation.
public struct PeerFailure: Error, CustomStringConvertible {
  public let description: String

  public init(description: String) { self.description = description }
}

/// The end of a program's standard error.
private final class ErrorOutput: Sendable {
  private let lines = Mutex<[String]>([])

  func append(_ line: Data) {
    lines.withLock { lines in
      lines.append(String(decoding: line, as: UTF8.self))
      if lines.count > 60 { lines.removeFirst() }
    }
  }

  var text: String { lines.withLock { $0.isEmpty ? "empty" : "\n" + $0.joined(separator: "\n") } }
}

/// Writing to a program that has ended must fail, not end this one.
private let ignoresBrokenPipes: Void = { _ = Foundation.signal(SIGPIPE, SIG_IGN) }()
