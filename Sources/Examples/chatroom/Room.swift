// The room: who is in it, and what was said.
import ChatroomStubs
import Freshet
import FreshetStreams

actor Room {
  private static let keptMessages = 20

  private let hub = Hub<Chatroom_V1_Message>()
  private var latest: [Chatroom_V1_Message] = []
  private var names: [String: String] = [:]

  /// - Returns: the token of a new member.
  func enter(_ name: String) throws -> String {
    guard (1...40).contains(name.count) else {
      throw RPCError(code: .invalidArgument, message: "a name has 1 to 40 characters")
    }
    let token = String(UInt64.random(in: 0 ... .max), radix: 36) + String(UInt64.random(in: 0 ... .max), radix: 36)
    names[token] = name
    return token
  }

  func name(of context: ServerContext) throws -> String {
    let token = context.metadata["authorization"].map { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : "" }
    guard let name = names[token ?? ""] else {
      throw RPCError(code: .unauthenticated, message: "log in first, and send your token")
    }
    return name
  }

  func post(_ text: String, by name: String) async throws {
    let message = Chatroom_V1_Message.with { ($0.name, $0.text) = (name, text) }
    latest = latest.suffix(Self.keptMessages - 1) + [message]
    _ = try await hub.publish(message)
  }

  /// What was said lately and what is said from now on. A reader that does not keep up is disconnected.
  func messages() -> ([Chatroom_V1_Message], BroadcastStream<Chatroom_V1_Message, SubscriberTooSlow>) {
    (latest, hub.subscribeOrDisconnect(bound: 100))
  }
}
