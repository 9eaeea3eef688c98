// The runtime's types and Swift's, as stubs write them: qualified with their module, because an application may have a
// `Response`, an `Error` or a `Sendable` of its own.

enum Runtime {
  static let module = "Freshet"
  /// Names that the stubs' own module must not declare: they would hide a module whose types stubs use.
  static let modules: Set<String> = [module, "Swift", "SwiftProtobuf"]

  static let sendable = "Swift.Sendable"
  static let asyncSequence = "Swift.AsyncSequence"
  static let sequence = "Swift.Sequence"
  static let void = "Swift.Void"
  static let string = "Swift.String"

  static let service = "\(module).RPCService"
  static let methodHandler = "\(module).MethodHandler"
  static let serverContext = "\(module).ServerContext"
  static let channel = "\(module).RPCChannel"
  static let callOptions = "\(module).CallOptions"
  static let rpcError = "\(module).RPCError"
  static let protobufCodec = "\(module).ProtobufCodec"
  static let asyncGenerator = "\(module).AsyncGenerator"
  static let server = "\(module).Server"
  static let serviceDescriptor = "\(module).ServiceDescriptor"
  static let paginate = "\(module).paginate"
  static let registerMessages = "\(module).registerMessages"
  static let page = "\(module).Page"

  static func requestStream(_ message: String) -> String { "\(module).RequestStream<\(message)>" }
  static func responseStream(_ message: String) -> String { "\(module).ResponseStream<\(message)>" }
  static func response(_ message: String) -> String { "\(module).Response<\(message)>" }
  static func messageStream(_ message: String) -> String { "\(module).MessageStream<\(message)>" }
  static func paginated(_ element: String) -> String { "\(module).Paginated<\(element), \(string), \(rpcError)>" }
  static func yield(_ message: String) -> String { "\(module).Yield<\(message)>" }
  static func methodDescriptor(_ request: String, _ response: String) -> String {
    "\(module).MethodDescriptor<\(request), \(response)>"
  }
  static func bidirectionalCall(_ request: String, _ response: String) -> String {
    "\(module).BidirectionalCall<\(request), \(response)>"
  }
}
