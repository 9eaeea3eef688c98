// The parameter of the plugin: the value of protoc's --freshet_opt.
import StubGenerator
import SwiftProtobufPluginLibrary

/// Settings with the names of protoc-gen-swift, so that one list of options works for both.
struct PluginParameter {
  enum FileNaming: String {
    case fullPath = "FullPath", pathToUnderscores = "PathToUnderscores", dropPath = "DropPath"
  }

  private(set) var visibility = StubVisibility.internal
  private(set) var fileNaming = FileNaming.fullPath
  private(set) var statesAccessOnImports = false
  private(set) var modules = ProtoFileToModuleMappings()

  /// Parses `Name=Value,Name=Value`.
  init(_ text: String) throws(PluginFailure) {
    for setting in text.split(separator: ",") {
      let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
      let (name, value) = (parts[0], parts.count > 1 ? parts[1] : "")
      switch name {
      case "Visibility":
        guard let visibility = StubVisibility(rawValue: value.lowercased()) else { throw .badValue(name, value) }
        self.visibility = visibility
      case "FileNaming":
        guard let naming = FileNaming(rawValue: value) else { throw .badValue(name, value) }
        fileNaming = naming
      case "UseAccessLevelOnImports":
        guard let states = Bool(value.lowercased()) else { throw .badValue(name, value) }
        statesAccessOnImports = states
      case "ProtoPathModuleMappings":
        do {
          modules = try ProtoFileToModuleMappings(path: value)
        } catch {
          throw PluginFailure("the module mappings of “\(value)” cannot be read: \(error)")
        }
      default:
        throw PluginFailure(
          "there is no option “\(name)”; there are Visibility, FileNaming, UseAccessLevelOnImports and ProtoPathModuleMappings"
        )
      }
    }
  }

  /// The output path of a schema's stubs.
  func path(of schema: String) -> String {
    let base = schema.hasSuffix(".proto") ? String(schema.dropLast(".proto".count)) : schema
    let name =
      switch fileNaming {
      case .fullPath: base
      case .pathToUnderscores: base.replacing("/", with: "_")
      case .dropPath: base.split(separator: "/").last.map(String.init) ?? base
      }
    return name + ".rpc.swift"
  }
}

/// The error that protoc prints.
struct PluginFailure: Error {
  let text: String

  init(_ text: String) { self.text = text }

  static func badValue(_ name: String, _ value: String) -> PluginFailure {
    PluginFailure("“\(value)” is no value of the option “\(name)”")
  }
}
