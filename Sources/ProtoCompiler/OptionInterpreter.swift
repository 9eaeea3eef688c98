// Interprets options: from a name and a value as written to a field of the options message.
import SwiftProtobuf

/// Walks one linked descriptor. Every option becomes wire bytes that its options message parses; options of types known
/// only from a schema are kept as bytes.
struct OptionInterpreter {
  /// Features are options, and determine the encoding of other options: so extensions come second.
  enum Phase { case builtIn, custom }

  let written: WrittenOptions
  let lookUp: OptionLookUp
  let edition: Edition
  var bag: DiagnosticBag
  var interpretedPaths: [DescriptorPath: DescriptorPath] = [:]
  /// The files whose extensions are used.
  var usedFiles: Set<String> = []
  /// Whether any option is omitted from descriptors.
  var usesSourceRetention = false
  let phase: Phase
  /// Positions where a violation was reported.
  var judged: Set<Span> = []
  /// Each suggestion for an unknown name searches all names.
  var suggestionsLeft = 10

  /// Interprets the options of `file` that belong to this phase and moves their positions in `source` to their fields.
  /// - Returns: the files whose extensions are used, and whether any option has source retention.
  static func interpret(
    _ phase: Phase, _ written: WrittenOptions, of file: inout Google_Protobuf_FileDescriptorProto,
    _ source: inout SourceInfo, _ lookUp: OptionLookUp, reportingTo bag: inout DiagnosticBag
  ) -> (usedFiles: Set<String>, usesSourceRetention: Bool) {
    var interpreter = OptionInterpreter(
      written: written, lookUp: lookUp, edition: Edition(of: file), bag: bag, phase: phase)
    interpreter.interpret(&file)
    source.interpret(interpreter.interpretedPaths)
    bag = interpreter.bag
    return (interpreter.usedFiles, interpreter.usesSourceRetention)
  }

  // MARK: All declarations of a file

  private mutating func interpret(_ file: inout Google_Protobuf_FileDescriptorProto) {
    let package = file.package
    if file.hasOptions { interpret(&file.options, [FieldPath.File.options], in: package) }
    let written = written
    let touched = { (number: Int32) in { (index: Int32) in written.touches(number, index) } }
    file.messageType.updateEach(where: touched(FieldPath.File.message)) {
      interpret(&$1, [FieldPath.File.message, $0], in: package)
    }
    file.enumType.updateEach(where: touched(FieldPath.File.enumeration)) {
      interpret(&$1, [FieldPath.File.enumeration, $0], in: package)
    }
    file.service.updateEach(where: touched(FieldPath.File.service)) {
      interpret(&$1, [FieldPath.File.service, $0], in: package)
    }
    file.extension.updateEach(where: touched(FieldPath.File.extension)) {
      interpret(&$1, [FieldPath.File.extension, $0], in: package)
    }
  }

  private mutating func interpret(
    _ message: inout Google_Protobuf_DescriptorProto, _ path: DescriptorPath, in scope: String
  ) {
    if message.hasOptions { interpret(&message.options, path + [FieldPath.Message.options], in: scope) }
    let name = scope.isEmpty ? message.name : scope + "." + message.name
    message.field.updateEach { interpret(&$1, path + [FieldPath.Message.field, $0], in: name) }
    message.extension.updateEach { interpret(&$1, path + [FieldPath.Message.extension, $0], in: name) }
    message.oneofDecl.updateEach { index, oneof in
      guard oneof.hasOptions else { return }
      interpret(&oneof.options, path + [FieldPath.Message.oneof, index, FieldPath.Oneof.options], in: name)
    }
    message.extensionRange.updateEach { index, range in
      guard range.hasOptions else { return }
      let path = path + [FieldPath.Message.extensionRange, index, FieldPath.ExtensionRange.options]
      interpret(&range.options, path, in: name)
    }
    message.nestedType.updateEach { interpret(&$1, path + [FieldPath.Message.nestedType, $0], in: name) }
    message.enumType.updateEach { interpret(&$1, path + [FieldPath.Message.enumeration, $0], in: name) }
  }

  private mutating func interpret(
    _ field: inout Google_Protobuf_FieldDescriptorProto, _ path: DescriptorPath, in scope: String
  ) {
    guard field.hasOptions else { return }
    interpret(&field.options, path + [FieldPath.Field.options], in: scope)
  }

  private mutating func interpret(
    _ enumeration: inout Google_Protobuf_EnumDescriptorProto, _ path: DescriptorPath, in scope: String
  ) {
    if enumeration.hasOptions { interpret(&enumeration.options, path + [FieldPath.Enumeration.options], in: scope) }
    enumeration.value.updateEach { index, value in
      guard value.hasOptions else { return }
      interpret(&value.options, path + [FieldPath.Enumeration.value, index, FieldPath.Value.options], in: scope)
    }
  }

  private mutating func interpret(
    _ service: inout Google_Protobuf_ServiceDescriptorProto, _ path: DescriptorPath, in scope: String
  ) {
    if service.hasOptions { interpret(&service.options, path + [FieldPath.Service.options], in: scope) }
    let name = scope.isEmpty ? service.name : scope + "." + service.name
    service.method.updateEach { index, method in
      guard method.hasOptions else { return }
      interpret(&method.options, path + [FieldPath.Service.method, index, FieldPath.Method.options], in: name)
    }
  }
}
