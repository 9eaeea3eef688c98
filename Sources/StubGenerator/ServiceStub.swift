// Writes the enum of one service: what its methods are, and the protocol that a server implements.
import SwiftProtobuf
import SwiftProtobufPluginLibrary

struct ServiceStub {
  let service: ServiceDescriptor
  let names: SwiftNames
  let access: String

  init(_ service: ServiceDescriptor, names: SwiftNames, visibility: StubVisibility) {
    (self.service, self.names, access) = (service, names, visibility.modifier)
  }

  func write(to writer: inout SourceWriter) throws(StubFileGenerator.Failure) {
    let client = try ClientStub(self)
    writer.lines(doc)
    writer.block("\(access)enum \(names.service) {") { writer in
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
        "serializedSchema: \(EmbeddedSchema.constant)",
      ])
  }

  private func writeMethods(to writer: inout SourceWriter) {
    writer.line("/// What client and server agree on for each method.")
    writer.block("\(access)enum Methods {") { writer in
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
    writer.block("\(access)protocol Service: \(Runtime.service) {") { writer in
      let streaming = service.methods.filter(\.serverStreaming)
      for method in streaming {
        let name = names.responses(method)
        writer.line("/// What `\(method.name)` answers with.")
        writer.line(
          "associatedtype \(name): AsyncSequence & Sendable",
          wrapping: "where \(name).Element == \(names.response(method))")
      }
      for (index, method) in service.methods.enumerated() {
        if index > 0 || !streaming.isEmpty { writer.line() }
        writer.lines(doc(of: method))
        writeRequirement(method, to: &writer)
      }
    }
  }

  private func writeRequirement(_ method: MethodDescriptor, to writer: inout SourceWriter) {
    let result = method.serverStreaming ? names.responses(method) : names.response(method)
    writeHead(of: method, returning: result, to: &writer)
  }

  /// The first line of a method's function, up to its type and what follows that.
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

  /// What a handler is given.
  func parameterType(_ method: MethodDescriptor) -> String {
    let request = names.request(method)
    return method.clientStreaming ? Runtime.requestStream(request) : request
  }

  private func writeHandlers(to writer: inout SourceWriter) {
    writer.block("extension \(names.service).Service {") { writer in
      writer.line("/// What the service's schema says of it, for reflection.")
      writer.line("\(access)var descriptor: \(Runtime.serviceDescriptor)? { \(names.service).descriptor }")
      writer.line()
      writer.line("/// The service's methods, as a server finds them.")
      writer.block("\(access)var methodHandlers: [\(Runtime.methodHandler)] {") { writer in
        guard !service.methods.isEmpty else { return writer.line("[]") }
        writer.block("[", closing: "]") { writer in
          for method in service.methods {
            let name = names.method(method)
            let descriptor = "\(names.service).Methods.\(name)"
            writer.line(".\(MethodKind(method))(\(descriptor)) { try await self.\(name)($0, context: $1) },")
          }
        }
      }
    }
  }
}
