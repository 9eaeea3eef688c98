// An error or warning about a schema: what, where, and how to report it.

/// One finding of the compiler.
public struct Diagnostic: Error, Sendable, Hashable, CustomStringConvertible {
  /// Whether the finding stops the compilation.
  public enum Severity: String, Sendable, Hashable {
    case error, warning
  }

  /// Where the finding is.
  public struct Location: Sendable, Hashable {
    /// The path of the opened file.
    public var file: String
    /// From 1.
    public var line: Int
    /// From 1, in bytes, as other compilers count.
    public var column: Int
    /// The text of the line.
    public var sourceLine: String
    /// How many bytes of the line the finding is about; at least 1.
    public var length: Int
  }

  public var severity: Severity
  /// Nil if there is no position, such as for a schema on the command line that does not exist.
  public var location: Location?
  /// The problem and, where helpful, what was expected.
  public var message: String

  /// The finding in the usual format of compilers: `file:line:column: error: message`, the line, and a caret below the
  /// position.
  public var description: String {
    guard let location else { return "\(severity.rawValue): \(message)" }
    let head = "\(location.file):\(location.line):\(location.column): \(severity.rawValue): \(message)"
    return "\(head)\n  \(location.sourceLine)\n  \(location.caretLine)"
  }
}

extension Diagnostic.Location {
  init(_ file: SourceFile, _ span: Span) {
    let (text, lineStart) = file.line(at: span.start.offset)
    let column = max(0, span.start.offset - lineStart)
    let lineEnd = max(column + 1, text.utf8.count)
    self.init(
      file: file.displayPath, line: span.start.line + 1, column: column + 1, sourceLine: text,
      length: max(1, min(span.end.offset - lineStart, lineEnd) - column))
  }

  /// Tabs are kept, so that the caret is in the right column whatever the terminal's tab width.
  fileprivate var caretLine: String {
    let before = String(decoding: sourceLine.utf8.prefix(column - 1), as: UTF8.self)
    let marked = String(decoding: sourceLine.utf8.dropFirst(column - 1).prefix(length), as: UTF8.self)
    let indent = before.map { $0 == "\t" ? "\t" : " " }.joined()
    return indent + "^" + String(repeating: "~", count: max(0, marked.count - 1))
  }
}

/// Collects the diagnostics of one file during its compilation.
struct DiagnosticBag {
  let file: SourceFile
  private(set) var diagnostics: [Diagnostic] = []

  init(_ file: SourceFile) { self.file = file }

  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Whether further diagnostics would be dropped, so that they need not be computed.
  var isFull: Bool { diagnostics.count >= Self.maxDiagnosticsPerFile }

  mutating func error(_ message: String, at span: Span?) { add(.error, message, span) }
  mutating func warning(_ message: String, at span: Span?) { add(.warning, message, span) }

  /// More than a person reads are useless: the rest of a hopeless file is omitted.
  static let maxDiagnosticsPerFile = 100

  private mutating func add(_ severity: Diagnostic.Severity, _ message: String, _ span: Span?) {
    guard !isFull else { return }
    let span = span ?? Span(start: .start, end: .start)
    let finding = Diagnostic(severity: severity, location: .init(file, span), message: message)
    if diagnostics.last != finding { diagnostics.append(finding) }
  }
}
