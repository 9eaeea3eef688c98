// Adds all names that a file declares to the symbol table.
import SwiftProtobuf

/// Walks a descriptor and declares its names. Paths are computed only for duplicates.
struct Declarer {
  private(set) var table: SymbolTable
  private(set) var bag: DiagnosticBag
  private let source: SourceInfo
  private let file: Google_Protobuf_FileDescriptorProto
  private let placeOf: (String, Symbol) -> String?

  init(
    _ table: SymbolTable, _ file: Google_Protobuf_FileDescriptorProto, _ source: SourceInfo,
    _ placeOf: @escaping (String, Symbol) -> String?, _ bag: DiagnosticBag
  ) {
    (self.table, self.file, self.source, self.placeOf, self.bag) = (table, file, source, placeOf, bag)
  }

  mutating func run() {
    declarePackage(file.package)
    let scope = file.package.isEmpty ? "" : file.package + "."
    for (i, message) in file.messageType.enumerated() { declare(message, scope, [FieldPath.File.message, Int32(i)]) }
    for (i, enumeration) in file.enumType.enumerated() {
      declare(enumeration, scope, [FieldPath.File.enumeration, Int32(i)])
    }
    for (i, service) in file.service.enumerated() { declare(service, scope, [FieldPath.File.service, Int32(i)]) }
    for (i, field) in file.extension.enumerated() {
      declare(scope + field.name, .extension, [FieldPath.File.extension, Int32(i), FieldPath.Field.name])
    }
  }

  private mutating func declarePackage(_ package: String) {
    var name = ""
    for part in package.split(separator: ".") {
      name += (name.isEmpty ? "" : ".") + part
      declare(name, .package, [FieldPath.File.package])
    }
  }

  private mutating func declare(_ message: Google_Protobuf_DescriptorProto, _ scope: String, _ path: DescriptorPath) {
    declare(scope + message.name, .message, path + [FieldPath.Message.name])
    let scope = scope + message.name + "."
    for (i, oneof) in message.oneofDecl.enumerated() {
      declare(scope + oneof.name, .oneof, path + [FieldPath.Message.oneof, Int32(i), FieldPath.Oneof.name])
    }
    for (i, field) in message.field.enumerated() {
      declare(scope + field.name, .field, path + [FieldPath.Message.field, Int32(i), FieldPath.Field.name])
    }
    for (i, nested) in message.nestedType.enumerated() {
      declare(nested, scope, path + [FieldPath.Message.nestedType, Int32(i)])
    }
    for (i, enumeration) in message.enumType.enumerated() {
      declare(enumeration, scope, path + [FieldPath.Message.enumeration, Int32(i)])
    }
    for (i, field) in message.extension.enumerated() {
      declare(scope + field.name, .extension, path + [FieldPath.Message.extension, Int32(i), FieldPath.Field.name])
    }
  }

  /// The values of an enum are its siblings, as in C++: they are declared in the enclosing scope.
  private mutating func declare(
    _ enumeration: Google_Protobuf_EnumDescriptorProto, _ scope: String, _ path: DescriptorPath
  ) {
    declare(scope + enumeration.name, .enumeration, path + [FieldPath.Enumeration.name])
    for (i, value) in enumeration.value.enumerated() {
      declare(
        scope + value.name, .enumValue, path + [FieldPath.Enumeration.value, Int32(i), FieldPath.Value.name])
    }
  }

  private mutating func declare(
    _ service: Google_Protobuf_ServiceDescriptorProto, _ scope: String, _ path: DescriptorPath
  ) {
    declare(scope + service.name, .service, path + [FieldPath.Service.name])
    for (i, method) in service.method.enumerated() {
      declare(
        scope + service.name + "." + method.name, .method,
        path + [FieldPath.Service.method, Int32(i), FieldPath.Method.name])
    }
  }

  private mutating func declare(_ name: String, _ kind: Symbol.Kind, _ path: @autoclosure () -> DescriptorPath) {
    guard let existing = table.declare(name, Symbol(kind: kind, file: file.name)), !bag.isFull else { return }
    let path = path()
    var place = placeOf(name, existing).map { "at \($0)" } ?? "in “\(existing.file)”"
    if existing.file == file.name {
      let first = DescriptorWalk.path(of: name, existing.kind, in: file).flatMap(source.span)
      place = "at \(bag.file.displayPath):\((first?.start.line ?? 0) + 1)"
    }
    let scoping = kind == .enumValue ? " (values of an enum belong to the scope around it)" : ""
    bag.error(
      "“\(name)” is declared already, as \(existing.kind.article), \(place)\(scoping)", at: source.span(of: path))
  }
}

extension Symbol.Kind {
  var article: String { (rawValue.hasPrefix("e") ? "an " : "a ") + rawValue }
}
