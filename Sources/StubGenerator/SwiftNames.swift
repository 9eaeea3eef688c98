// The Swift names of a service and its methods; swift-protobuf determines those of messages.
import SwiftProtobufPluginLibrary

/// The names that one service's stubs use.
struct SwiftNames {
  /// The enum that contains everything of the service: `Echo_V1_Echo`.
  let service: String
  private let namer: SwiftProtobufNamer
  /// The type parameter of a client's method that takes a sequence: distinct from the service's types.
  let requests: String
  private let methods: [String: String]
  private let taken: Set<String>

  init(_ service: ServiceDescriptor, namer: SwiftProtobufNamer) {
    self.namer = namer
    self.service = Self.type(of: service, namer)
    methods = Self.methodNames(service.methods.map(\.name))
    taken = Set(methods.values)
    let types = Set(Self.messages(of: service).map { Self.firstPart(of: namer.fullName(message: $0)) })
    requests =
      types.contains("Requests") ? "RequestSequence" + (types.contains("RequestSequence") ? "_" : "") : "Requests"
  }

  /// A name that a message could not have in Swift gets a suffix, as for messages.
  static func type(of service: ServiceDescriptor, _ namer: SwiftProtobufNamer) -> String {
    let name = namer.typePrefix(forFile: service.file) + service.name
    return SwiftIdentifier.escaped(SwiftIdentifier.commonTypes.contains(name) ? name + "Service" : name)
  }

  /// `GetFeature` → `getFeature`. Escaped if it is a Swift keyword.
  func method(_ method: MethodDescriptor) -> String { SwiftIdentifier.escaped(bare(method)) }

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
    let nested: Set = ["Methods", "Service", "Client", "Fake"]
    return Set(Self.messages(of: service).map(message).filter { nested.contains(Self.firstPart(of: $0)) }).sorted()
  }

  /// The messages that the stubs of a service use.
  static func messages(of service: ServiceDescriptor) -> [Descriptor] {
    service.methods.flatMap { [$0.inputType, $0.outputType] }
      + service.methods.compactMap { try? PagedMethod($0)?.items.messageType }
  }

  /// The outermost type, or the module.
  static func firstPart(of name: String) -> String { String(name.prefix { $0 != "." }) }

  private func bare(_ method: MethodDescriptor) -> String { methods[method.name] ?? method.name }

  /// The name, made distinct from those of the methods.
  private func free(_ name: String) -> String {
    var name = name
    while taken.contains(name) { name += "_" }
    return name
  }

  /// Names that become equal in camel case are made distinct with underscores, in the order of the schema.
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
  /// Names that the stubs declare besides the methods, and words that cannot be a method's name even in backticks. Such
  /// a method gets the suffix that swift-protobuf gives to such a field.
  static let takenMembers: Set<String> = [
    "channel", "options", "methodHandlers", "descriptors", "handlerExecution", "init", "self", "_",
  ]

  /// Types that messages in the same module refer to without `Swift.`.
  static let commonTypes: Set<String> = [
    "Bool", "Data", "Double", "Equatable", "Float", "Hashable", "Int", "Int32", "Int64", "Sendable", "String", "UInt",
    "UInt32",
    "UInt64",
  ]

  /// The name in backticks, if it is a Swift keyword.
  static func escaped(_ name: String) -> String { keywords.contains(name) ? "`\(name)`" : name }

  /// The text as a Swift string literal.
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
