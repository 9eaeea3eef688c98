// The compiler's source of schema files: it opens no files itself.

/// The schema files available for import.
public struct SourceTree: Sendable {
  /// A file that was found.
  public struct File: Sendable {
    /// The name in messages: the path for an editor.
    public var displayPath: String
    public var bytes: [UInt8]

    public init(displayPath: String, bytes: [UInt8]) { (self.displayPath, self.bytes) = (displayPath, bytes) }
  }

  /// The result of searching for a name.
  public enum Lookup: Sendable {
    case found(File)
    case missing
    /// The file exists and cannot be read; the reason is a sentence.
    case unreadable(reason: String)
  }

  /// The folders that are searched, for the error about a missing file.
  public let searched: [String]
  let lookUp: @Sendable (_ name: String) -> Lookup

  public init(searched: [String], lookUp: @escaping @Sendable (_ name: String) -> Lookup) {
    (self.searched, self.lookUp) = (searched, lookUp)
  }

  /// Files in memory, by the name under which others import them.
  public init(_ files: [String: String]) {
    self.init(searched: []) { name in
      files[name].map { .found(File(displayPath: name, bytes: Array($0.utf8))) } ?? .missing
    }
  }
}
