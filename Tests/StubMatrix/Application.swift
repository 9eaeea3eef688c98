// What an application writes beside its stubs: two services on one type, and types whose names Swift and Freshet have, too.
import Freshet
import SwiftProtobuf

struct Error {}
struct AsyncSequence {}
struct Void {}
struct Task {}
struct Never {}
struct Channel {}
struct RPCChannel {}
struct RPCService {}
struct Response {}
struct RPCError {}
struct Client {}
struct Service {}
struct Methods {}
struct Fake {}
struct Requests {}
struct Page {}
let serializedSchema = ""

struct Both: App_V1_Watcher.Service, App_V1_Other.Service {
  var methodHandlers: [MethodHandler] {
    App_V1_Watcher.methodHandlers(of: self) + App_V1_Other.methodHandlers(of: self)
  }
  var descriptors: [ServiceDescriptor] { [App_V1_Watcher.descriptor, App_V1_Other.descriptor] }

  func get(_ request: App_V1_Ask, context: ServerContext) async throws -> App_V1_Answer { App_V1_Answer() }
  func get(_ request: App_V1_Answer, context: ServerContext) async throws -> App_V1_Ask { App_V1_Ask() }
  func watch(_ request: App_V1_Ask, context: ServerContext) -> MessageStream<App_V1_Ask> { MessageStream([request]) }
  func watch(_ request: App_V1_Answer, context: ServerContext) -> MessageStream<App_V1_Ask> {
    MessageStream { yield in for ask in request.asks { try await yield(ask) } }
  }
  func send(_ requests: RequestStream<App_V1_Ask>, context: ServerContext) async throws -> Google_Protobuf_Empty {
    for try await _ in requests {}
    return Google_Protobuf_Empty()
  }
  func chat(_ requests: RequestStream<App_V1_Ask>, context: ServerContext) async throws -> MessageStream<App_V1_Ask> {
    MessageStream(requests)
  }
  func close(_ request: Google_Protobuf_Empty, context: ServerContext) async throws -> Google_Protobuf_Empty { request }
}

func call(_ watcher: App_V1_Watcher.Client) async throws -> Int {
  let answer: App_V1_Answer = try await watcher.get(App_V1_Ask())
  var count = answer.asks.count
  for try await _ in watcher.watch(App_V1_Ask()) { count += 1 }
  for try await _ in watcher.getItems(App_V1_Ask()) { count += 1 }
  for try await _ in watcher.chat({ yield in try await yield(App_V1_Ask()) }) { count += 1 }
  let _: Google_Protobuf_Empty = try await watcher.send(AsyncStream { $0.finish() })
  return count
}

func fakes() -> App_V1_Watcher.Client {
  App_V1_Watcher.Client(inProcess: App_V1_Watcher.Fake(watch: { request, _ in MessageStream([request]) }))
}
