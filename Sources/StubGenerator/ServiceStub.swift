// Writes the enum of one service: its method descriptors, and the protocol that a server implements.
import SwiftProtobuf
import SwiftProtobufPluginLibrary

struct ServiceStub {
  let service: ServiceDescriptor
  let names: SwiftNames
  let access: String
  /// The Swift name of the file's first service, which has the file's schema.
  private let firstService: String

  init(_ service: ServiceDescriptor, names: SwiftNames, firstService: String, visibility: StubVisibility) {
    (self.service, self.names, self.firstService, access) = (service, names, firstService, visibility.modifier)
  }

  /// Registers the file's messages.
  var registration: String { MessageRegistration.use(in: firstService) }

  func write(to writer: inout SourceWriter) throws(StubFileGenerator.Failure) {
    let client = try ClientStub(self)
    writer.lines(doc)
    writer.block("\(access)nonisolated enum \(names.service) {") { writer in
      writer.line("/// The full name of the service, as it appears in the path of a call.")
      writer.line("\(access)static let serviceName = \"\(service.fullName)\"")
      writer.line()
      writeDescriptor(to: &writer)
      writer.line()
      writeMethods(to: &writer)
      writer.line()
      writeProtocol(to: &writer)
      writer.line()
      client.write(to: &writer)
      writer.line()
      FakeStub(self).write(to: &writer)
    }
    writer.line()
    writeHandlers(to: &writer)
  }

  // MARK: Comments

  var doc: [String] {
    DocComment(service.sourceCodeInfoLocation, fallback: "The service `\(service.fullName)`.").lines
  }

  func doc(of method: MethodDescriptor) -> [String] {
    DocComment(method.sourceCodeInfoLocation, fallback: "The method `\(method.name)` of `\(service.fullName)`.").lines
  }

  // MARK: Methods

  private func writeDescriptor(to writer: inout SourceWriter) {
    writer.line("/// The service as its schema declares it, for reflection.")
    writer.list(
      "\(access)static let descriptor = \(Runtime.serviceDescriptor)",
      [
        "name: \"\(service.fullName)\"", "file: \(SwiftIdentifier.literal(service.file.name))",
        "serializedSchema: \(EmbeddedSchema.constant(in: firstService))",
      ])
  }

  private func writeMethods(to writer: inout SourceWriter) {
    writer.line("/// The descriptors of the methods, for client and server.")
    writer.block("\(access)nonisolated enum Methods {") { writer in
      for method in service.methods { write(method, to: &writer) }
    }
  }

  private func write(_ method: MethodDescriptor, to writer: inout SourceWriter) {
    let type = Runtime.methodDescriptor(names.request(method), names.response(method))
    let codec = "\(Runtime.protobufCodec)()"
    writer.line("/// `\(method.name)`")
    let identity = "service: \"\(service.fullName)\", method: \"\(method.name)\", kind: .\(MethodKind(method))"
    writer.list(
      "\(access)static let \(names.method(method)) = \(type)",
      [identity + idempotency(of: method), "requestCodec: \(codec), responseCodec: \(codec)"])
  }

  private func idempotency(of method: MethodDescriptor) -> String {
    switch method.options.idempotencyLevel {
    case .idempotencyUnknown: ""
    case .noSideEffects: ", idempotency: .noSideEffects"
    case .idempotent: ", idempotency: .idempotent"
    }
  }

  // MARK: The server's side

  private func writeProtocol(to writer: inout SourceWriter) {
    writer.lines(doc)
    writer.block("\(access)nonisolated protocol Service: \(Runtime.service) {") { writer in
      for (index, method) in service.methods.enumerated() {
        if index > 0 { writer.line() }
        writer.lines(doc(of: method))
        writeHead(of: method, returning: result(method), to: &writer)
      }
    }
  }

  /// The first line of a method's function, with its type.
  func writeHead(
    of method: MethodDescriptor, access: String = "", returning result: String, _ end: String = "",
    to writer: inout SourceWriter
  ) {
    writer.list(
      "\(access)func \(names.method(method))",
      ["_ \(parameterName(method)): \(parameterType(method))", "context: \(Runtime.serverContext)"],
      " async throws -> \(result)\(end)")
  }

  func parameterName(_ method: MethodDescriptor) -> String { method.clientStreaming ? "requests" : "request" }

  /// The parameter type of a handler.
  func parameterType(_ method: MethodDescriptor) -> String {
    let request = names.request(method)
    return method.clientStreaming ? Runtime.requestStream(request) : request
  }

  /// The return type of a handler.
  func result(_ method: MethodDescriptor) -> String {
    let response = names.response(method)
    return method.serverStreaming ? Runtime.messageStream(response) : response
  }

  /// The compiler takes more than twice as long for twice as many closures in one function.
  private var portions: [ArraySlice<MethodDescriptor>] {
    stride(from: 0, to: service.methods.count, by: Self.maxHandlersInFunction).map {
      service.methods[$0..<min($0 + Self.maxHandlersInFunction, service.methods.count)]
    }
  }

  private static let maxHandlersInFunction = 50

  private func writeHandlers(
    _ methods: ArraySlice<MethodDescriptor>, returning: String = "", to writer: inout SourceWriter
  ) {
    writer.block("\(returning)[", closing: "]") { writer in
      for method in methods {
        let name = names.method(method)
        writer.line(".\(MethodKind(method))(Methods.\(name)) { try await service.\(name)($0, context: $1) },")
      }
    }
  }

  private func writeHandlers(to writer: inout SourceWriter) {
    writer.block("nonisolated extension \(names.service) {") { writer in
      writer.line(
        "/// The method handlers of an implementation. A type that implements several services concatenates them in its"
      )
      writer.line("/// `methodHandlers`.")
      writer.block("\(access)static func methodHandlers(of service: some Service) -> [\(Runtime.methodHandler)] {") {
        writer in
        writer.line(registration)
        switch portions.count {
        case 0: writer.line("return []")
        case 1: writeHandlers(portions[0], returning: "return ", to: &writer)
        default:
          writer.line("var handlers: [\(Runtime.methodHandler)] = []")
          for index in portions.indices { writer.line("handlers += methodHandlers\(index)(of: service)") }
          writer.line("return handlers")
        }
      }
      guard portions.count > 1 else { return }
      for (index, portion) in portions.enumerated() {
        writer.line()
        writer.line("@inline(never)")
        let head =
          "private static func methodHandlers\(index)(of service: some Service) -> [\(Runtime.methodHandler)] {"
        writer.block(head) { writeHandlers(portion, to: &$0) }
      }
    }
    writer.line()
    writeWitnesses(to: &writer)
  }

  /// Public whatever the visibility: the requirements are public, and this way a public type can implement internal
  /// stubs.
  private func writeWitnesses(to writer: inout SourceWriter) {
    writer.block("nonisolated extension \(names.service).Service {") { writer in
      writer.line("/// The service's schema, for reflection.")
      writer.line("public var descriptors: [\(Runtime.serviceDescriptor)] { [\(names.service).descriptor] }")
      writer.line()
      writer.line("/// The handlers of the service's methods.")
      writer.line("public var methodHandlers: [\(Runtime.methodHandler)] { \(names.service).methodHandlers(of: self) }")
    }
  }
}
