// The room by plain WebSocket, for clients without gRPC: what they send is said, and what is said they get as `name: text`.
import ChatroomStubs
import Freshet
import FreshetWeb

struct SocketRoom: Sendable {
  let room: Room

  /// Runs until the client or the server closes the socket.
  func serve(_ socket: WebSocket, name: String) async throws {
    _ = try await room.enter(name)
    let (latest, coming) = await room.messages()
    for message in latest { try await socket.send(message.line) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for try await case .text(let text) in socket.messages { try await room.post(text, by: name) }
      }
      group.addTask {
        for try await message in coming { try await socket.send(message.line) }
      }
      try await group.next()
      group.cancelAll()
    }
  }
}

extension Chatroom_V1_Message {
  var line: String { "\(name): \(text)" }
}
