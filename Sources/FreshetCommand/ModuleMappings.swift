// Maps schemas to the Swift modules of their messages.
import SwiftProtobufPluginLibrary

struct ModuleMappings {
  /// The mapping file; nil for none.
  let path: String?
  let mappings: ProtoFileToModuleMappings

  /// Reads a file in the format of protoc-gen-swift: `mapping { module_name: "Messages" proto_file_path: "a.proto" }`.
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
