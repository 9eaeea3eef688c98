// Writes a client's two streams of a paged method: of its responses, and of their items.
import SwiftProtobuf
import SwiftProtobufPluginLibrary

struct PagedStub {
  private let paged: PagedMethod
  private let stub: ServiceStub

  init(_ paged: PagedMethod, _ stub: ServiceStub) { (self.paged, self.stub) = (paged, stub) }

  func write(to writer: inout SourceWriter) {
    let response = stub.names.response(paged.method)
    let item = stub.names.message(paged.items.messageType)
    write(
      stub.names.pages(paged.method), element: response, elements: "[response]",
      note: "Returns the pages, each fetched on demand, starting at the request's page token.", to: &writer)
    write(
      stub.names.items(paged.method), element: item, elements: "response.\(stub.names.property(paged.items))",
      note: "Returns the items of all pages; a page is fetched once the previous one was read.", to: &writer)
  }

  private func write(
    _ name: String, element: String, elements: String, note: String, to writer: inout SourceWriter
  ) {
    let names = stub.names
    let (request, response) = (names.request(paged.method), names.response(paged.method))
    let method = names.method(paged.method)
    writer.line()
    writer.lines(stub.doc(of: paged.method))
    writer.lines(["///", "/// " + note])
    if paged.method.options.deprecated { writer.line(ClientStub.deprecation) }
    writer.list(
      "\(stub.access)func \(name)", ["_ request: \(request)", ClientStub.optionsParameter],
      " -> \(Runtime.paginated(element)) {")
    writer.indented { writer in
      writer.block(
        "\(Runtime.paginate)(from: request.\(names.property(paged.pageToken))) { "
          + "token throws(\(Runtime.rpcError)) in"
      ) { writer in
        writer.line("var request = request")
        writer.line("if let token { request.\(names.property(paged.pageToken)) = token }")
        writer.line("let response: \(response) = try await self.\(method)(request, options: options)")
        writer.line("return \(Runtime.page)(\(elements), nextToken: response.\(names.property(paged.nextPageToken)))")
      }
    }
    writer.line("}")
  }
}
