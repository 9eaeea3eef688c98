// Finds a declaration in a file's descriptor by its full name.
import SwiftProtobuf

enum DescriptorWalk {
  /// The messages from the outermost down to the named one, with their indices among their siblings.
  static func messages(
    named name: String, in file: Google_Protobuf_FileDescriptorProto
  ) -> [(index: Int, message: Google_Protobuf_DescriptorProto)]? {
    guard let parts = localParts(of: name, in: file) else { return nil }
    var siblings = file.messageType
    var found: [(index: Int, message: Google_Protobuf_DescriptorProto)] = []
    for part in parts {
      guard let index = siblings.firstIndex(where: { $0.name == part }) else { return nil }
      found.append((index, siblings[index]))
      siblings = siblings[index].nestedType
    }
    return found
  }

  /// The parts of a full name within the file's package.
  static func localParts(of name: String, in file: Google_Protobuf_FileDescriptorProto) -> [Substring]? {
    guard !file.package.isEmpty else { return name.split(separator: ".") }
    guard name.hasPrefix(file.package + ".") else { return nil }
    return name.dropFirst(file.package.count + 1).split(separator: ".")
  }

  /// The name without its last part, and that part.
  static func split(_ name: String) -> (scope: String, last: String) {
    guard let dot = name.lastIndex(of: ".") else { return ("", name) }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }

  /// Where the name of a declaration of this kind first occurs.
  static func path(
    of name: String, _ kind: Symbol.Kind, in file: Google_Protobuf_FileDescriptorProto
  ) -> DescriptorPath? {
    if kind == .package { return [FieldPath.File.package] }
    let (scope, last) = split(name)
    let scopePath = scope == file.package ? [] : messages(named: scope, in: file).map(path)
    let parent = scope == file.package ? nil : messages(named: scope, in: file)?.last?.message
    if kind == .method {
      let service = split(scope).last
      guard let i = file.service.firstIndex(where: { $0.name == service }),
        let j = file.service[i].method.firstIndex(where: { $0.name == last })
      else { return nil }
      return [FieldPath.File.service, Int32(i), FieldPath.Service.method, Int32(j), FieldPath.Method.name]
    }
    guard let scopePath else { return nil }
    let inFile = parent == nil
    func found(_ number: Int32, _ names: [String], _ nameNumber: Int32) -> DescriptorPath? {
      names.firstIndex(of: last).map { scopePath + [number, Int32($0), nameNumber] }
    }
    let enums = parent?.enumType ?? file.enumType
    let enumNumber = inFile ? FieldPath.File.enumeration : FieldPath.Message.enumeration
    switch kind {
    case .package, .method: return nil
    case .message:
      return found(
        inFile ? FieldPath.File.message : FieldPath.Message.nestedType,
        (parent?.nestedType ?? file.messageType).map(\.name), FieldPath.Message.name)
    case .enumeration: return found(enumNumber, enums.map(\.name), FieldPath.Enumeration.name)
    case .enumValue:
      for (i, enumeration) in enums.enumerated() {
        guard let j = enumeration.value.firstIndex(where: { $0.name == last }) else { continue }
        return scopePath + [enumNumber, Int32(i), FieldPath.Enumeration.value, Int32(j), FieldPath.Value.name]
      }
      return nil
    case .field: return found(FieldPath.Message.field, parent?.field.map(\.name) ?? [], FieldPath.Field.name)
    case .oneof: return found(FieldPath.Message.oneof, parent?.oneofDecl.map(\.name) ?? [], FieldPath.Oneof.name)
    case .extension:
      return found(
        inFile ? FieldPath.File.extension : FieldPath.Message.extension,
        (parent?.extension ?? file.extension).map(\.name), FieldPath.Field.name)
    case .service: return found(FieldPath.File.service, file.service.map(\.name), FieldPath.Service.name)
    }
  }

  private static func path(of chain: [(index: Int, message: Google_Protobuf_DescriptorProto)]) -> DescriptorPath {
    chain.enumerated().flatMap { depth, element in
      [depth == 0 ? FieldPath.File.message : FieldPath.Message.nestedType, Int32(element.index)]
    }
  }
}
