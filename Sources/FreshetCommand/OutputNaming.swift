// Determines the names of generated files.
import ArgumentParser

/// The text generated from one schema, before it is given a path.
struct GeneratedSource {
  /// The schema's name: `echo/v1/echo.proto`.
  var schema: String
  /// Replaces `.proto`: `.pb.swift`.
  var suffix: String
  var text: String
}

/// A file to be written.
struct OutputFile: Hashable {
  /// Relative to the output folder.
  var path: String
  var text: String
}

/// How `echo/v1/echo.proto` becomes the name of a Swift file.
enum OutputNaming: String, CaseIterable, Decodable, ExpressibleByArgument {
  /// `echo.pb.swift`
  case dropPath = "drop-path"
  /// `echo/v1/echo.pb.swift`
  case fullPath = "full-path"
  /// `echo_v1_echo.pb.swift`
  case pathToUnderscores = "path-to-underscores"

  func path(of source: GeneratedSource) -> String {
    let base = source.schema.hasSuffix(".proto") ? String(source.schema.dropLast(".proto".count)) : source.schema
    return switch self {
    case .dropPath: (base.split(separator: "/").last.map(String.init) ?? base) + source.suffix
    case .fullPath: base + source.suffix
    case .pathToUnderscores: base.replacing("/", with: "_") + source.suffix
    }
  }

  /// Names all files distinctly, even on a case-insensitive file system.
  func outputFiles(_ sources: [GeneratedSource]) throws(GenerationFailure) -> [OutputFile] {
    var owners: [String: String] = [:]
    var files: [OutputFile] = []
    for source in sources {
      let path = path(of: source)
      if let owner = owners.updateValue(source.schema, forKey: path.lowercased()) {
        throw GenerationFailure(
          "“\(owner)” and “\(source.schema)” would both be written to “\(path)”; choose another --file-naming "
            + "(\(Self.allValueStrings.joined(separator: ", ")))")
      }
      files.append(OutputFile(path: path, text: source.text))
    }
    return files
  }
}
