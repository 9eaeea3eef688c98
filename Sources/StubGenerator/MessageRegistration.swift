// Registers a file's messages, so that JSON can have them inside a `google.protobuf.Any`.
import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// The messages of all files that a client or a server needs anyway: the file of the services, and those of requests,
/// responses and their fields, wherever the stubs may name them (web.md W45).
struct MessageRegistration {
  private let name: String
  private let types: [String]

  /// - Parameters:
  ///   - service: the Swift name of the file's first service.
  ///   - isNameable: whether the stubs import the module of a file's messages, which are not already registered.
  init(_ file: FileDescriptor, of service: String, namer: SwiftProtobufNamer, isNameable: (FileDescriptor) -> Bool) {
    name = Self.constant(of: service)
    types = Self.files(of: file).filter(isNameable).flatMap { Self.all($0.messages) }.map(namer.fullName)
  }

  /// Outside the services' types, where their members hide no message.
  private static func constant(of service: String) -> String {
    "registersMessagesOf" + service.filter { $0 != "`" }
  }

  /// The statement that registers them, the first time.
  static func use(in service: String) -> String { "_ = \(constant(of: service))" }

  func write(to writer: inout SourceWriter) {
    writer.line("/// Lets JSON have these messages inside a `google.protobuf.Any`.")
    if types.isEmpty { return writer.line("private nonisolated let \(name): \(Runtime.void) = ()") }
    writer.block("private nonisolated let \(name): \(Runtime.void) = \(Runtime.registerMessages)([", closing: "])") {
      for type in types { $0.line("\(type).self,") }
    }
  }

  /// In the order in which they are found.
  private static func files(of file: FileDescriptor) -> [FileDescriptor] {
    var found = [file], names: Set = [file.name], seen: Set<String> = []
    var open = file.services.flatMap(SwiftNames.messages) + all(file.messages)
    while let message = open.popLast() {
      guard seen.insert(message.fullName).inserted else { continue }
      if names.insert(message.file.name).inserted { found.append(message.file) }
      open += message.fields.compactMap(\.messageType)
    }
    return [file] + found.dropFirst().sorted { $0.name < $1.name }
  }

  private static func all(_ messages: [Descriptor]) -> [Descriptor] {
    messages.filter { !$0.options.mapEntry }.flatMap { [$0] + all($0.messages) }
  }
}
