// Which Swift modules hold the messages of which schemas.
import SwiftProtobufPluginLibrary

struct ModuleMappings {
  /// The file that says it; nil for none.
  let path: String?
  let mappings: ProtoFileToModuleMappings

  /// Reads a file as protoc-gen-swift takes it: `mapping { module_name: "Messages" proto_file_path: "a.proto" }`.
  init(path: String?) throws(GenerationFailure) {
    self.path = path
    guard let path else {
      mappings = ProtoFileToModuleMappings()
      return
    }
    do {
      mappings = try ProtoFileToModuleMappings(path: path)
    } catch {
      throw GenerationFailure("the module mappings of “\(path)” cannot be read: \(error)")
    }
  }
}
