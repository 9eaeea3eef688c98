// Validates extension declarations, with which a message lists its known extensions.
import SwiftProtobuf

extension Validator {
  mutating func validateExtensionRangeOptions(of message: Google_Protobuf_DescriptorProto, _ path: DescriptorPath) {
    var names: Set<String> = []
    for (i, range) in message.extensionRange.enumerated() where range.hasOptions {
      let path = path + [FieldPath.Message.extensionRange, Int32(i)]
      let options = range.options
      guard !options.declaration.isEmpty else { continue }
      if options.hasVerification, options.verification == .unverified {
        error("a range with declarations cannot be UNVERIFIED", path)
        continue
      }
      var numbers: Set<Int32> = []
      for declaration in options.declaration {
        validate(declaration, in: range.start..<max(range.start, range.end), path, &numbers, &names)
      }
    }
  }

  private mutating func validate(
    _ declaration: Google_Protobuf_ExtensionRangeOptions.Declaration, in range: Range<Int32>, _ path: DescriptorPath,
    _ numbers: inout Set<Int32>, _ names: inout Set<String>
  ) {
    let number = declaration.number
    if !range.contains(number) {
      error("the extension declared with number \(number) lies outside of this range", path)
    }
    if !numbers.insert(number).inserted { error("an extension with number \(number) is declared twice", path) }
    guard declaration.hasFullName, declaration.hasType else {
      if declaration.hasFullName != declaration.hasType || !declaration.reserved {
        error("the declaration of extension \(number) needs both `full_name` and `type`", path)
      }
      return
    }
    if !names.insert(declaration.fullName).inserted {
      return error("extension “\(declaration.fullName)” is declared twice", path)
    }
    let isScalar = ScalarTypes.kind(named: declaration.type) != nil
    for name in [declaration.fullName] + (isScalar ? [] : [declaration.type]) where !Self.isFullName(name) {
      error("“\(name)” is no full name, which begins with a dot", path)
    }
  }

  private static func isFullName(_ name: String) -> Bool {
    name.hasPrefix(".")
      && name.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        .allSatisfy { String($0).isIdentifier }
  }

  /// Whether an extension matches its declaration in the extended message.
  mutating func validateDeclaration(
    of field: Google_Protobuf_FieldDescriptorProto, named name: String, _ path: DescriptorPath, range index: Int,
    of extendee: String
  ) {
    guard let message = catalog.descriptor(ofMessage: extendee), message.extensionRange[index].hasOptions
    else { return }
    // Extensions of descriptor messages are declared, and checked, by the protocol buffers project.
    if extendee.hasPrefix("google.protobuf.") { return }
    let options = message.extensionRange[index].options
    let path = path + [FieldPath.Field.extendee]
    guard let declaration = options.declaration.first(where: { $0.number == field.number }) else {
      if !options.declaration.isEmpty || (options.hasVerification && options.verification == .declaration) {
        error("“\(extendee)” has no declaration for an extension with number \(field.number)", path)
      }
      return
    }
    if declaration.reserved {
      return error("“\(extendee)” declares number \(field.number) reserved", path)
    }
    let type = field.typeName.isEmpty ? ScalarTypes.name(of: field.type) : field.typeName
    if !declaration.type.isEmpty, declaration.type != type {
      error("“\(extendee)” declares extension \(field.number) with type “\(declaration.type)”, not “\(type)”", path)
    }
    if !declaration.fullName.isEmpty, declaration.fullName != "." + name {
      error("“\(extendee)” declares extension \(field.number) as “\(declaration.fullName)”, not “.\(name)”", path)
    }
    if declaration.repeated != (field.label == .repeated) {
      error(
        "“\(extendee)” declares extension \(field.number) \(declaration.repeated ? "repeated" : "not repeated")", path)
    }
  }
}
