// The remaining steps of the definition of a stream of responses.
import ConformanceStubs
import ConformanceSupport
import Freshet
import SwiftProtobuf

struct StreamScript {
  private let definition: StreamResponseDefinition
  private let context: ServerContext
  private var sentCount = 0
  /// Since the last response.
  private var requests: [any SwiftProtobuf.Message] = []

  init(_ definition: StreamResponseDefinition, _ context: ServerContext) {
    self.definition = definition
    self.context = context
  }

  /// Sends the headers at once, before any delay.
  func begin() async throws {
    context.compressAsTheClientDoes()
    context.responseMetadata = Metadata(definition.responseHeaders)
    context.responseTrailers = Metadata(definition.responseTrailers)
    try await context.sendInitialMetadata()
  }

  mutating func sawRequest(_ request: any SwiftProtobuf.Message) { requests.append(request) }

  /// The next response's payload, after its delay; nil if there is none left. The first one describes the whole call,
  /// later ones at most the requests since.
  mutating func next(describingLaterRequests describes: Bool) async throws -> ConformancePayload? {
    guard sentCount < definition.responseData.count else { return nil }
    var payload = ConformancePayload()
    payload.data = definition.responseData[sentCount]
    if sentCount == 0 {
      payload.requestInfo = RequestInfo(context, requests)
    } else if describes {
      payload.requestInfo = RequestInfo(requests)
    }
    try await Task.sleep(for: .milliseconds(definition.responseDelayMs))
    requests = []
    sentCount += 1
    return payload
  }

  /// - Throws: the error that follows the responses. It describes the call if no response did.
  func finish() throws(RPCError) {
    guard definition.hasError else { return }
    throw RPCError(definition.error, describing: sentCount == 0 ? RequestInfo(context, requests) : nil)
  }
}
