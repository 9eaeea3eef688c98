// The echo service of the tests, written like a user's.
import EchoStubs
import Freshet

struct EchoService: Echo_V1_Echo.Service {
  func get(_ request: Echo_V1_Message, context: ServerContext) async throws -> Echo_V1_Message { request }

  func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    MessageStream { yield in
      for word in request.text.split(separator: " ") { try await yield(.with { $0.text = String(word) }) }
    }
  }

  func collect(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) async throws -> Echo_V1_Message {
    var words: [String] = []
    for try await request in requests { words.append(request.text) }
    return .with { $0.text = words.joined(separator: " ") }
  }

  func update(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    MessageStream(requests.map { request in .with { $0.text = "swift says: \(request.text)" } })
  }
}
