// Names declared beside the stubs of a file that collide with those of services, or hide a module.
import SwiftProtobufPluginLibrary

/// The Swift names of all messages, enums and services of a compilation, by module.
struct TopLevelNames {
  /// By module, then by Swift name: the full names in the schemas. The module is empty if no mapping names one.
  private var declared: [String: [String: [String]]] = [:]

  init(_ descriptors: DescriptorSet, _ modules: ProtoFileToModuleMappings) {
    for file in descriptors.files {
      let namer = SwiftProtobufNamer(currentFile: file, protoFileToModuleMappings: modules)
      let names =
        file.messages.map { ($0.fullName, namer.relativeName(message: $0)) }
        + file.enums.map { ($0.fullName, namer.relativeName(enum: $0)) }
        + file.services.map { ($0.fullName, SwiftNames.type(of: $0, namer)) }
      let module = modules.moduleName(forFile: file) ?? ""
      for (name, swiftName) in names { declared[module, default: [:]][swiftName, default: []].append(name) }
    }
  }

  /// - Parameter imported: the modules whose types the stubs of the file use.
  /// - Throws: `Failure` if the Swift name of a service is also another declaration's, or if one hides a module.
  func check(
    _ file: FileDescriptor, _ modules: ProtoFileToModuleMappings, imported: Set<String>
  ) throws(StubFileGenerator.Failure) {
    let namer = SwiftProtobufNamer(currentFile: file, protoFileToModuleMappings: modules)
    let declared = declared[modules.moduleName(forFile: file) ?? ""] ?? [:]
    for service in file.services {
      let name = SwiftNames.type(of: service, namer)
      guard let other = declared[name]?.first(where: { $0 != service.fullName }) else { continue }
      throw .init(
        description: "\(file.name): in Swift, the service “\(service.fullName)” and “\(other)” would both be called "
          + "“\(name)”; rename one of them, or give its file a swift_prefix")
    }
    for module in imported.union(Runtime.modules).sorted() {
      guard let name = declared[module]?.first else { continue }
      throw .init(
        description:
          "\(file.name): in Swift, “\(name)” would be called “\(module)” and hide the module of that name, whose "
          + "types stubs need; give its file a package or a swift_prefix")
    }
  }
}
