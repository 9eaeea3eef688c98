// The runtime's types, as stubs write them: with the name of their module, because an application may well have a
// `Response` or a `Channel` of its own.

enum Runtime {
  static let module = "Freshet"

  static let service = "\(module).Service"
  static let methodHandler = "\(module).MethodHandler"
  static let serverContext = "\(module).ServerContext"
  static let channel = "\(module).Channel"
  static let callOptions = "\(module).CallOptions"
  static let rpcError = "\(module).RPCError"
  static let protobufCodec = "\(module).ProtobufCodec"
  static let asyncGenerator = "\(module).AsyncGenerator"
  static let server = "\(module).Server"
  static let serviceDescriptor = "\(module).ServiceDescriptor"
  static let paginate = "\(module).paginate"
  static let page = "\(module).Page"

  static func requestStream(_ message: String) -> String { "\(module).RequestStream<\(message)>" }
  static func responseStream(_ message: String) -> String { "\(module).ResponseStream<\(message)>" }
  static func response(_ message: String) -> String { "\(module).Response<\(message)>" }
  static func generator(_ message: String) -> String { "\(asyncGenerator)<\(message), any Error>" }
  static func paginated(_ element: String) -> String { "\(module).Paginated<\(element), String, \(rpcError)>" }
  static func yield(_ message: String) -> String { "\(module).Yield<\(message)>" }
  static func methodDescriptor(_ request: String, _ response: String) -> String {
    "\(module).MethodDescriptor<\(request), \(response)>"
  }
  static func bidirectionalCall(_ request: String, _ response: String) -> String {
    "\(module).BidirectionalCall<\(request), \(response)>"
  }
}
