// Records where each part of a descriptor is in the file: for `source_code_info`, and for diagnostics.
import SwiftProtobuf

/// The path from a file's descriptor to one of its parts: field numbers and indices, as in `SourceCodeInfo.Location`.
typealias DescriptorPath = [Int32]

/// The field numbers of descriptors, which paths consist of.
enum FieldPath {
  enum File {
    static let package: Int32 = 2, dependency: Int32 = 3, message: Int32 = 4, enumeration: Int32 = 5
    static let service: Int32 = 6, options: Int32 = 8, publicDependency: Int32 = 10, weakDependency: Int32 = 11
    static let `extension`: Int32 = 7, sourceCodeInfo: Int32 = 9, syntax: Int32 = 12, optionDependency: Int32 = 15
  }
  enum Message {
    static let name: Int32 = 1, field: Int32 = 2, nestedType: Int32 = 3, enumeration: Int32 = 4, options: Int32 = 7
    static let extensionRange: Int32 = 5, `extension`: Int32 = 6
    static let oneof: Int32 = 8, reservedRange: Int32 = 9, reservedName: Int32 = 10
  }
  enum ExtensionRange { static let options: Int32 = 3 }
  enum Field {
    static let name: Int32 = 1, extendee: Int32 = 2, number: Int32 = 3, label: Int32 = 4, type: Int32 = 5
    static let typeName: Int32 = 6, defaultValue: Int32 = 7, options: Int32 = 8, jsonName: Int32 = 10
  }
  enum Oneof { static let name: Int32 = 1, options: Int32 = 2 }
  enum Enumeration {
    static let name: Int32 = 1, value: Int32 = 2, options: Int32 = 3, reservedRange: Int32 = 4, reservedName: Int32 = 5
  }
  enum Value { static let name: Int32 = 1, number: Int32 = 2, options: Int32 = 3 }
  enum Range { static let start: Int32 = 1, end: Int32 = 2 }
  enum Service { static let name: Int32 = 1, method: Int32 = 2, options: Int32 = 3 }
  enum Method {
    static let name: Int32 = 1, inputType: Int32 = 2, outputType: Int32 = 3, options: Int32 = 4
    static let clientStreaming: Int32 = 5, serverStreaming: Int32 = 6
  }
  static let uninterpretedOption: Int32 = 999
}

struct SourceInfo {
  struct Entry {
    var path: DescriptorPath
    var span: Span
    var comments = DeclarationComments()
  }

  /// In file order, a whole before its parts.
  private(set) var entries: [Entry] = []
  /// Positions for diagnostics only: the descriptor's part has none by protoc's rules.
  private var notes: [(path: DescriptorPath, span: Span)] = []
  private let index = PlaceIndex()

  mutating func record(_ path: DescriptorPath, _ span: Span, _ comments: DeclarationComments = DeclarationComments()) {
    entries.append(Entry(path: path, span: span, comments: comments))
  }

  mutating func note(_ path: DescriptorPath, _ span: Span) { notes.append((path, span)) }

  /// The position of a part, or of the nearest whole that contains it. Call it when everything is recorded.
  func span(of path: DescriptorPath) -> Span? {
    let places = index.places {
      var places: [DescriptorPath: Span] = [:]
      for entry in entries { places[entry.path] = places[entry.path] ?? entry.span }
      for note in notes { places[note.path] = places[note.path] ?? note.span }
      return places
    }
    var path = path[...]
    while true {
      if let span = places[Array(path)] { return span }
      guard path.popLast() != nil else { return nil }
    }
  }

  /// An option gets its final path when it is interpreted.
  mutating func interpret(_ interpreted: [DescriptorPath: DescriptorPath]) {
    guard !interpreted.isEmpty else { return }
    for index in entries.indices where entries[index].path.dropLast().last == FieldPath.uninterpretedOption {
      if let path = interpreted[entries[index].path] { entries[index].path = path }
    }
  }

  /// Removes these parts and their contents.
  mutating func remove(_ paths: [DescriptorPath]) {
    let removed = Set(paths)
    entries.removeAll { entry in
      entry.path.indices.contains { removed.contains(Array(entry.path[...$0])) }
    }
  }

  var proto: Google_Protobuf_SourceCodeInfo {
    .with { info in info.location = entries.map(\.proto) }
  }
}

/// Created on first use: a file without errors never needs it. Used by one thread, like the whole compiler.
private final class PlaceIndex {
  private var made: [DescriptorPath: Span]?

  func places(_ make: () -> [DescriptorPath: Span]) -> [DescriptorPath: Span] {
    if let made { return made }
    let new = make()
    made = new
    return new
  }
}

extension SourceInfo.Entry {
  fileprivate var proto: Google_Protobuf_SourceCodeInfo.Location {
    .with {
      $0.path = path
      $0.span = span.encoded
      if let leading = comments.leading { $0.leadingComments = leading }
      if let trailing = comments.trailing { $0.trailingComments = trailing }
      $0.leadingDetachedComments = comments.detached
    }
  }
}
