// A target's settings for `freshet generate`: for people, and for the SwiftPM plugins.
import Foundation
import StubGenerator

/// The settings of a configuration file; nil if not set.
struct ConfigurationFile {
  var inputs: [String]?
  var protoPaths: [String]?
  var out: String?
  var visibility: StubVisibility?
  var fileNaming: OutputNaming?
  var moduleMappings: String?

  /// The default name of the file.
  static let defaultName = "freshet.json"

  /// The default output folder, beside the file.
  private static let defaultOut = "Generated"

  init() {}

  /// Reads the file. Its paths are relative to its own folder, and are converted to the current folder. Without inputs
  /// it means all schemas below its folder, which is also the default proto path; the default output is `Generated` in
  /// that folder. So `{}` is enough.
  init(path: String) throws(GenerationFailure) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw GenerationFailure("the configuration file “\(path)” cannot be read")
    }
    do {
      self = try JSONDecoder().decode(ConfigurationFile.self, from: data)
    } catch {
      throw GenerationFailure("the configuration file “\(path)” \(Self.reason(error))")
    }
    let folder = URL(filePath: path).deletingLastPathComponent().relativePath
    func place(_ path: String) -> String {
      if folder == "." || path.hasPrefix("/") { return path }
      return path == "." ? folder : folder + "/" + path
    }
    inputs = (inputs ?? ["."]).map(place)
    protoPaths = (protoPaths ?? ["."]).map(place)
    out = place(out ?? Self.defaultOut)
    moduleMappings = moduleMappings.map(place)
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "cannot be decoded: \(error)" }
    switch error {
    case .dataCorrupted(let context), .typeMismatch(_, let context), .keyNotFound(_, let context),
      .valueNotFound(_, let context):
      let setting = context.codingPath.map(\.stringValue).joined(separator: ".")
      let cause = context.underlyingError.map { " (\($0))" } ?? ""
      return (setting.isEmpty ? "is wrong: " : "is wrong at “\(setting)”: ") + context.debugDescription + cause
    @unknown default: return "cannot be decoded: \(error)"
    }
  }
}

extension ConfigurationFile: Decodable {
  private enum Setting: String, CodingKey, CaseIterable {
    case inputs, protoPaths, out, visibility, fileNaming, moduleMappings
  }

  init(from decoder: any Decoder) throws {
    try Self.refuseUnknownSettings(of: decoder)
    let values = try decoder.container(keyedBy: Setting.self)
    inputs = try values.decodeIfPresent([String].self, forKey: .inputs)
    protoPaths = try values.decodeIfPresent([String].self, forKey: .protoPaths)
    out = try values.decodeIfPresent(String.self, forKey: .out)
    visibility = try values.decodeIfPresent(StubVisibility.self, forKey: .visibility)
    fileNaming = try values.decodeIfPresent(OutputNaming.self, forKey: .fileNaming)
    moduleMappings = try values.decodeIfPresent(String.self, forKey: .moduleMappings)
  }

  /// A misspelled setting would otherwise be ignored silently.
  private static func refuseUnknownSettings(of decoder: any Decoder) throws {
    struct AnyKey: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }
    let known = Setting.allCases.map(\.stringValue)
    let given = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    guard let unknown = given.filter({ !known.contains($0) }).min() else { return }
    let context = DecodingError.Context(
      codingPath: decoder.codingPath,
      debugDescription: "there is no setting “\(unknown)”; there are \(known.joined(separator: ", "))")
    throw DecodingError.dataCorrupted(context)
  }
}
