// The names of a service and its methods in Swift: those of messages are swift-protobuf's own business.
import SwiftProtobufPluginLibrary

/// The names that one service's stubs use.
struct SwiftNames {
  /// The enum that holds all there is of the service: `Echo_V1_Echo`.
  let service: String
  private let namer: SwiftProtobufNamer
  private let methods: [String: String]
  private let taken: Set<String>

  init(_ service: ServiceDescriptor, namer: SwiftProtobufNamer) {
    self.namer = namer
    self.service = SwiftIdentifier.escaped(namer.typePrefix(forFile: service.file) + service.name)
    methods = Self.methodNames(service.methods.map(\.name))
    taken = Set(methods.values)
  }

  /// `GetFeature` → `getFeature`. Escaped where Swift has another meaning for the word.
  func method(_ method: MethodDescriptor) -> String { SwiftIdentifier.escaped(bare(method)) }

  /// The associated type of what a streaming method returns: `ListFeatures` → `ListFeaturesResponses`.
  func responses(_ method: MethodDescriptor) -> String {
    let name = bare(method)
    return name.prefix(1).uppercased() + name.dropFirst() + "Responses"
  }

  /// The streams of a paged method: `ListBooks` → `listBooksPages` and `listBooksItems`.
  func pages(_ method: MethodDescriptor) -> String { free(bare(method) + "Pages") }
  func items(_ method: MethodDescriptor) -> String { free(bare(method) + "Items") }

  func request(_ method: MethodDescriptor) -> String { message(method.inputType) }
  func response(_ method: MethodDescriptor) -> String { message(method.outputType) }
  func message(_ message: Descriptor) -> String { namer.fullName(message: message) }

  /// A field as swift-protobuf names its property.
  func property(_ field: FieldDescriptor) -> String {
    namer.messagePropertyNames(field: field, prefixed: "", includeHasAndClear: false).name
  }

  /// The types of the schema that a declaration inside the service's enum would hide from its own stubs.
  func hiddenTypes(of service: ServiceDescriptor) -> [String] {
    let nested = Set(["Methods", "Service", "Client", "Fake"] + service.methods.filter(\.serverStreaming).map(responses))
    let used = service.methods.flatMap { [request($0), response($0)] }
    return Set(used.filter { nested.contains(String($0.prefix { $0 != "." })) }).sorted()
  }

  private func bare(_ method: MethodDescriptor) -> String { methods[method.name] ?? method.name }

  /// The name, told apart from those of the methods.
  private func free(_ name: String) -> String {
    var name = name
    while taken.contains(name) { name += "_" }
    return name
  }

  /// Names that differ only in what camel case drops are told apart by underscores, in the order of the schema.
  private static func methodNames(_ names: [String]) -> [String: String] {
    var taken: Set<String> = []
    return names.reduce(into: [:]) { result, name in
      var swiftName = NamingUtils.toLowerCamelCase(name)
      if SwiftIdentifier.takenMembers.contains(swiftName) { swiftName += "_p" }
      while !taken.insert(swiftName).inserted { swiftName += "_" }
      result[name] = swiftName
    }
  }
}

enum SwiftIdentifier {
  /// What the stubs declare beside the methods, and words that not even backticks make a method's name. Such a method
  /// gets the ending that swift-protobuf gives to such a field.
  static let takenMembers: Set<String> = ["channel", "options", "methodHandlers", "init", "self"]

  /// The name in backticks, if Swift has another meaning for it.
  static func escaped(_ name: String) -> String { keywords.contains(name) ? "`\(name)`" : name }

  /// The text as a string of Swift's.
  static func literal(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\\", "\"": "\\\(scalar)"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: "\\u{\(String(scalar.value, radix: 16))}"
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }

  private static let keywords: Set<String> = [
    "Any", "Self", "Protocol", "Type", "as", "associatedtype", "await", "break", "case", "catch", "class", "continue",
    "default", "defer", "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for",
    "func", "guard", "if", "import", "in", "inout", "internal", "is", "let", "nil", "operator", "precedencegroup",
    "private", "protocol", "public", "repeat", "rethrows", "return", "static", "struct", "subscript", "super", "switch",
    "throw", "throws", "true", "try", "typealias", "var", "where", "while",
  ]
}
