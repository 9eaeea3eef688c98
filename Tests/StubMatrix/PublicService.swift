// A public type that is a service of internal stubs; its methods take internal messages, so they are not public.
import Freshet
import SwiftProtobuf

public struct PublicService: App_V1_Other.Service {
  func get(_ request: App_V1_Answer, context: ServerContext) async throws -> App_V1_Ask { App_V1_Ask() }
  func watch(_ request: App_V1_Answer, context: ServerContext) -> MessageStream<App_V1_Ask> { MessageStream([]) }
  func close(_ request: Google_Protobuf_Empty, context: ServerContext) async throws -> Google_Protobuf_Empty { request }
}
