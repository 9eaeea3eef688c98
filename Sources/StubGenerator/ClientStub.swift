// Writes the client of one service: a struct with the methods that a caller uses.
import SwiftProtobuf
import SwiftProtobufPluginLibrary

struct ClientStub {
  private let stub: ServiceStub
  private var service: ServiceDescriptor { stub.service }
  private var names: SwiftNames { stub.names }
  private var access: String { stub.access }
  /// By name.
  private let pagedMethods: [String: PagedMethod]

  init(_ stub: ServiceStub) throws(StubFileGenerator.Failure) {
    self.stub = stub
    var paged: [String: PagedMethod] = [:]
    for method in stub.service.methods { paged[method.name] = try PagedMethod(method) }
    pagedMethods = paged
  }

  func write(to writer: inout SourceWriter) {
    let (channel, options) = (Runtime.channel, Runtime.callOptions)
    writer.lines(stub.doc)
    if service.options.deprecated { writer.line(Self.deprecation) }
    writer.block("\(access)nonisolated struct Client: \(Runtime.sendable) {") { writer in
      writer.line("/// The channel of the calls.")
      writer.line("\(access)var channel: \(channel)")
      writer.line("/// Options of all calls; a call's own options take precedence, field by field.")
      writer.line("\(access)var options: \(options)")
      writer.line()
      writer.line("/// A client that makes its calls on `channel`.")
      writer.block("\(access)init(_ channel: \(channel), options: \(options) = \(options)()) {") { writer in
        writer.line(stub.registration)
        writer.line("self.channel = channel")
        writer.line("self.options = options")
      }
      writeInProcess(to: &writer)
      for method in service.methods {
        write(method, to: &writer)
        if let paged = pagedMethods[method.name] { PagedStub(paged, stub).write(to: &writer) }
      }
    }
  }

  private func writeInProcess(to writer: inout SourceWriter) {
    let options = Runtime.callOptions
    writer.line()
    writer.line("/// A client of a service in this process, for tests: real calls, over a socket pair.")
    writer.block("\(access)init(inProcess service: some Service, options: \(options) = \(options)()) {") { writer in
      writer.line("self.init(\(Runtime.server)(services: [service]).inProcessChannel(), options: options)")
    }
  }

  private func write(_ method: MethodDescriptor, to writer: inout SourceWriter) {
    switch MethodKind(method) {
    case .unary: writeUnary(method, to: &writer)
    case .serverStreaming: writeServerStreaming(method, to: &writer)
    case .clientStreaming: writeClientStreaming(method, to: &writer)
    case .bidirectional: writeBidirectional(method, to: &writer)
    }
  }

  // MARK: The four kinds

  private func writeUnary(_ method: MethodDescriptor, to writer: inout SourceWriter) {
    writeBoth(method, [request(method), Self.optionsParameter], call: "unary", ["request"], to: &writer)
  }

  private func writeServerStreaming(_ method: MethodDescriptor, to writer: inout SourceWriter) {
    writeStream(method, [request(method), Self.optionsParameter], call: "serverStreaming", ["request"], to: &writer)
  }

  private func writeClientStreaming(_ method: MethodDescriptor, to writer: inout SourceWriter) {
    for (generics, failure) in [(asyncRequestsGeneric, nil), (requestsGeneric, Runtime.rpcError)] {
      writeBoth(
        method, generics: generics, [requests, Self.optionsParameter], failure: failure,
        constraint: requestsConstraint(method), call: "clientStreaming", ["requests"], to: &writer)
    }
    writeBoth(
      method, [Self.optionsParameter, producer(method)], failure: nil, call: "clientStreaming", [Self.generator],
      to: &writer)
  }

  private func writeBidirectional(_ method: MethodDescriptor, to writer: inout SourceWriter) {
    for generics in [asyncRequestsGeneric, requestsGeneric] {
      writeStream(
        method, generics: generics, [requests, Self.optionsParameter],
        constraint: requestsConstraint(method), call: "bidirectional", ["requests"], to: &writer)
    }
    writeStream(
      method, [Self.optionsParameter, producer(method)], call: "bidirectional", [Self.generator], to: &writer)
    begin(method, note: "Returns the call as an object, to send and receive step by step.", to: &writer)
    let result = Runtime.bidirectionalCall(names.request(method), names.response(method))
    writeFunction(
      method, [Self.optionsParameter], " -> \(result)", body: "channel.bidirectional", arguments(method, []),
      to: &writer)
  }

  /// A method with a single response is generated twice: returning just the message, and with all metadata. Where the
  /// caller names no type, the first is chosen.
  /// - Parameter failure: the error type; nil if the caller's requests may throw anything.
  private func writeBoth(
    _ method: MethodDescriptor, generics: String = "", _ parameters: [String], failure: String? = Runtime.rpcError,
    constraint: String = "", call: String, _ sent: [String], to writer: inout SourceWriter
  ) {
    let body = "try await channel.\(call)"
    let throwing = " async throws\(failure.map { "(\($0))" } ?? "") -> "
    let message = names.response(method)
    begin(method, to: &writer)
    writeFunction(
      method, generics: generics, parameters, throwing + message, constraint: constraint,
      body: body, arguments(method, sent), ".message", to: &writer)
    begin(method, note: "Also returns the metadata and the trailers.", to: &writer)
    writer.line("@_disfavoredOverload")
    writeFunction(
      method, generics: generics, parameters, throwing + Runtime.response(message), constraint: constraint,
      body: body, arguments(method, sent), to: &writer)
  }

  private func writeStream(
    _ method: MethodDescriptor, generics: String = "", _ parameters: [String], constraint: String = "", call: String,
    _ sent: [String], to writer: inout SourceWriter
  ) {
    begin(method, to: &writer)
    writeFunction(
      method, generics: generics, parameters, " -> \(Runtime.responseStream(names.response(method)))",
      constraint: constraint, body: "channel.\(call)", arguments(method, sent), to: &writer)
  }

  // MARK: Pieces

  /// The blank line, the comment and the attributes before a method.
  private func begin(_ method: MethodDescriptor, note: String? = nil, to writer: inout SourceWriter) {
    writer.line()
    writer.lines(stub.doc(of: method))
    if let note { writer.lines(["///", "/// " + note]) }
    if method.options.deprecated { writer.line(Self.deprecation) }
  }

  /// A function that consists of a single call.
  private func writeFunction(
    _ method: MethodDescriptor, generics: String = "", _ parameters: [String], _ result: String,
    constraint: String = "", body: String, _ arguments: [String], _ suffix: String = "", to writer: inout SourceWriter
  ) {
    let head = "\(access)func \(names.method(method))\(generics)"
    if constraint.isEmpty {
      writer.list(head, parameters, result + " {")
    } else {
      writer.list(head, parameters, result, wrapping: constraint + " {")
    }
    writer.indented { $0.list(body, arguments, suffix) }
    writer.line("}")
  }

  private func arguments(_ method: MethodDescriptor, _ sent: [String]) -> [String] {
    ["Methods.\(names.method(method))"] + sent + ["options: self.options.adding(options)"]
  }

  static let deprecation = "@available(*, deprecated)"
  private static let generator = "\(Runtime.asyncGenerator)(requests)"
  static let optionsParameter = "options: \(Runtime.callOptions)? = nil"

  private var requests: String { "_ requests: \(names.requests)" }
  private var asyncRequestsGeneric: String { "<\(names.requests): \(Runtime.asyncSequence) & \(Runtime.sendable)>" }
  private var requestsGeneric: String { "<\(names.requests): \(Runtime.sequence) & \(Runtime.sendable)>" }
  private func request(_ method: MethodDescriptor) -> String { "_ request: \(names.request(method))" }
  private func requestsConstraint(_ method: MethodDescriptor) -> String {
    "where \(names.requests).Element == \(names.request(method))"
  }
  private func producer(_ method: MethodDescriptor) -> String {
    "_ requests: @escaping @Sendable (\(Runtime.yield(names.request(method)))) async throws -> \(Runtime.void)"
  }
}
