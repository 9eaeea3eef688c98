// Turns a syntax tree into a descriptor, as far as that depends on one file only: types are still names, options
// uninterpreted.
import SwiftProtobuf

/// Walks a file's declarations in order, so that positions are in file order.
struct DescriptorBuilder {
  var source = SourceInfo()
  var options = WrittenOptions()
  var bag: DiagnosticBag
  let edition: Edition

  /// The descriptor of `file`, named after `bag.file`.
  static func build(
    _ file: FileSyntax, reportingTo bag: inout DiagnosticBag
  ) -> (descriptor: Google_Protobuf_FileDescriptorProto, source: SourceInfo, options: WrittenOptions) {
    var builder = DescriptorBuilder(bag: bag, edition: file.edition)
    let descriptor = builder.file(file)
    bag = builder.bag
    return (descriptor, builder.source, builder.options)
  }

  private mutating func file(_ syntax: FileSyntax) -> Google_Protobuf_FileDescriptorProto {
    var file = FileDraft()
    source.record([], syntax.span)
    if let declaration = syntax.syntax {
      source.record([FieldPath.File.syntax], declaration.span, declaration.comments)
    }
    for statement in syntax.statements { add(statement, to: &file) }
    return file.descriptor(named: bag.file.name, edition)
  }

  private mutating func add(_ statement: FileStatement, to file: inout FileDraft) {
    switch statement {
    case .package(let package):
      if file.package != nil { bag.error("a file belongs to one package; it was declared above", at: package.span) }
      file.package = package.name.text
      source.record([FieldPath.File.package], package.span, package.comments)
    case .import(let statement): add(statement, to: &file)
    case .option(let syntax):
      file.hasOptions = true
      option(syntax, [FieldPath.File.options])
    case .message(let syntax):
      file.messageType.append(message(syntax, [FieldPath.File.message, Int32(file.messageType.count)]))
    case .enumeration(let syntax):
      file.enumType.append(enumeration(syntax, [FieldPath.File.enumeration, Int32(file.enumType.count)]))
    case .service(let syntax):
      file.service.append(service(syntax, [FieldPath.File.service, Int32(file.service.count)]))
    case .extend(let syntax):
      let list = [FieldPath.File.extension]
      source.record(list, syntax.span, syntax.comments)
      for field in syntax.fields {
        let path = list + [Int32(file.extension.count)]
        file.extension.append(
          self.extension(field, of: syntax.extendee, path, &file.messageType, in: [FieldPath.File.message]))
      }
    }
  }

  private mutating func add(_ statement: ImportSyntax, to file: inout FileDraft) {
    let name = statement.file.text
    if file.dependency.contains(name) || file.optionDependency.contains(name) {
      bag.error("“\(name)” is imported twice", at: statement.file.span)
    }
    if case (.option, _)? = statement.modifier {
      source.record(
        [FieldPath.File.optionDependency, Int32(file.optionDependency.count)], statement.span, statement.comments)
      file.optionDependency.append(name)
      return
    }
    if !file.optionDependency.isEmpty {
      bag.error("imports of options only come after all other imports", at: statement.span)
    }
    let index = Int32(file.dependency.count)
    source.record([FieldPath.File.dependency, index], statement.span, statement.comments)
    file.dependency.append(name)
    switch statement.modifier {
    case (.public, let span)?:
      source.record([FieldPath.File.publicDependency, Int32(file.publicDependency.count)], span)
      file.publicDependency.append(index)
    case (.weak, let span)?:
      source.record([FieldPath.File.weakDependency, Int32(file.weakDependency.count)], span)
      file.weakDependency.append(index)
    case (.option, _)?, nil: break
    }
  }
}
