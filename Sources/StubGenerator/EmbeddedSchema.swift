// Embeds a schema file, and everything it imports, as bytes in the stubs: for a server's reflection.
import Foundation
import SwiftProtobuf

struct EmbeddedSchema {
  private static let constant = "serializedSchema"

  private let name: String
  private let files: [String: Google_Protobuf_FileDescriptorProto]

  /// The constant as referenced by all services of the file. It is a member of the first, where nothing can shadow it.
  static func constant(in service: String) -> String { "\(service).\(constant)" }

  init(_ name: String, in files: [String: Google_Protobuf_FileDescriptorProto]) {
    (self.name, self.files) = (name, files)
  }

  /// - Parameter service: the Swift name of the file's first service.
  func write(in service: String, to writer: inout SourceWriter) throws(StubFileGenerator.Failure) {
    let base64: String
    do {
      base64 = try fileSet.serializedData().base64EncodedString()
    } catch {
      throw StubFileGenerator.Failure(description: "\(name): its descriptor cannot be serialized: \(error)")
    }
    writer.block("nonisolated extension \(service) {") { writer in
      writer.line(
        "/// The schemas of this file and its imports: a serialized `google.protobuf.FileDescriptorSet`")
      writer.line("/// without comments, as base64.")
      writer.line("fileprivate static let \(Self.constant) = \"\"\"")
      writer.indented { writer in
        var rest = base64.utf8[...]
        while rest.count > Self.columns {
          writer.line(String(Substring(rest.prefix(Self.columns))) + "\\")
          rest = rest.dropFirst(Self.columns)
        }
        writer.line(String(Substring(rest)))
        writer.line("\"\"\"")
      }
    }
  }

  private static let columns = 114

  /// Each file after its imports.
  private var fileSet: Google_Protobuf_FileDescriptorSet {
    var names: Set<String> = []
    var set = Google_Protobuf_FileDescriptorSet()
    add(name, to: &set, &names)
    return set
  }

  private func add(_ name: String, to set: inout Google_Protobuf_FileDescriptorSet, _ names: inout Set<String>) {
    guard names.insert(name).inserted, var file = files[name] else { return }
    for dependency in file.dependency { add(dependency, to: &set, &names) }
    file.clearSourceCodeInfo()
    set.file.append(file)
  }
}
