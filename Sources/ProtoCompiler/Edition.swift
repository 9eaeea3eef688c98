// The versions of the schema language.
import SwiftProtobuf

/// A version of the language, oldest first. The former syntaxes count as editions.
enum Edition: Int, Comparable {
  case proto2 = 998
  case proto3 = 999
  case edition2023 = 1000
  case edition2024 = 1001

  static func < (a: Edition, b: Edition) -> Bool { a.rawValue < b.rawValue }

  /// Whether the file says `edition = …`, not `syntax = …`.
  var isEditions: Bool { self >= .edition2023 }

  /// The edition written as `edition = "2023"`.
  init?(year: String) {
    switch year {
    case "2023": self = .edition2023
    case "2024": self = .edition2024
    default: return nil
    }
  }

  /// The edition of a descriptor, in which proto2 is implicit.
  init(of file: Google_Protobuf_FileDescriptorProto) {
    switch file.syntax {
    case "proto3": self = .proto3
    case "editions": self = Edition(rawValue: file.edition.rawValue) ?? .edition2023
    default: self = .proto2
    }
  }

  /// The usual name.
  var name: String {
    switch self {
    case .proto2: "proto2"
    case .proto3: "proto3"
    case .edition2023: "edition 2023"
    case .edition2024: "edition 2024"
    }
  }
}
