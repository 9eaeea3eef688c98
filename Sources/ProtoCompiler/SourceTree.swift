// Where the compiler gets the text of schema files from: it opens no files itself.

/// The schema files that imports can name.
public struct SourceTree: Sendable {
  /// A file that was found.
  public struct File: Sendable {
    /// What a person calls the file: the path that an editor opens. Only for messages.
    public var displayPath: String
    public var bytes: [UInt8]

    public init(displayPath: String, bytes: [UInt8]) { (self.displayPath, self.bytes) = (displayPath, bytes) }
  }

  /// What searching for one name came to.
  public enum Lookup: Sendable {
    case found(File)
    case missing
    /// The file is there and cannot be read; the sentence says why.
    case unreadable(reason: String)
  }

  /// The folders that are searched, for the message about a file that is in none of them.
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
