// Writes the fake of one service: a service whose methods are closures.
import SwiftProtobufPluginLibrary

struct FakeStub {
  private let stub: ServiceStub
  private var names: SwiftNames { stub.names }
  private var access: String { stub.access }

  init(_ stub: ServiceStub) { self.stub = stub }

  func write(to writer: inout SourceWriter) {
    let methods = stub.service.methods
    writer.line(
      "/// A `Service` for tests whose methods are closures; a method without one fails with UNIMPLEMENTED.")
    writer.line("/// `Client(inProcess:)` makes a client that calls it.")
    writer.block("\(access)nonisolated struct Fake: Service {") { writer in
      for method in methods {
        writer.lines(stub.doc(of: method))
        let initial = hasManyMethods ? " = { _, _ in" : ""
        writer.line("\(access)var \(names.method(method)): \(closureType(method))\(initial)")
        if hasManyMethods { writeRefusal(of: method, "}", to: &writer) }
      }
      if !methods.isEmpty { writer.line() }
      writeInitializer(methods, to: &writer)
      for method in methods {
        writer.line()
        write(method, to: &writer)
      }
    }
  }

  /// The compiler takes four times as long for an initializer of twice as many closures. So those of a large service
  /// are set one by one.
  private var hasManyMethods: Bool { stub.service.methods.count > 50 }

  private func writeRefusal(of method: MethodDescriptor, _ end: String, to writer: inout SourceWriter) {
    writer.line("  throw \(Runtime.rpcError)(code: .unimplemented, message: \"this fake has no \(method.name)\")")
    writer.line(end)
  }

  private func writeInitializer(_ methods: [MethodDescriptor], to writer: inout SourceWriter) {
    writer.line(
      hasManyMethods
        ? "/// A fake that calls the closures in its properties." : "/// A fake that calls these closures.")
    if methods.isEmpty || hasManyMethods { return writer.line("\(access)init() {}") }
    writer.line("\(access)init(")
    for (index, method) in methods.enumerated() {
      writer.indented { writer in
        writer.line("\(names.method(method)): @escaping \(closureType(method)) = { _, _ in")
        writeRefusal(of: method, "}" + (index + 1 < methods.count ? "," : ""), to: &writer)
      }
    }
    writer.block(") {") { writer in
      for method in methods { writer.line("self.\(names.method(method)) = \(names.method(method))") }
    }
  }

  private func write(_ method: MethodDescriptor, to writer: inout SourceWriter) {
    writer.lines(stub.doc(of: method))
    stub.writeHead(of: method, access: access, returning: stub.result(method), " {", to: &writer)
    writer.line("  try await self.\(names.method(method))(\(stub.parameterName(method)), context)")
    writer.line("}")
  }

  private func closureType(_ method: MethodDescriptor) -> String {
    "@Sendable (\(stub.parameterType(method)), \(Runtime.serverContext)) async throws -> \(stub.result(method))"
  }
}
