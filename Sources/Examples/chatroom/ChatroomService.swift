// The service, which knows nothing of the protocols that its callers speak.
import ChatroomStubs
import Freshet

struct ChatroomService: Chatroom_V1_Chatroom.Service {
  let room = Room()

  func login(
    _ request: Chatroom_V1_LoginRequest, context: ServerContext
  ) async throws -> Chatroom_V1_LoginResponse {
    let token = try await room.enter(request.name)
    return .with { $0.token = token }
  }

  func post(_ request: Chatroom_V1_PostRequest, context: ServerContext) async throws -> Chatroom_V1_PostResponse {
    try await room.post(request.text, by: try await room.name(of: context))
    return Chatroom_V1_PostResponse()
  }

  func talk(
    _ requests: RequestStream<Chatroom_V1_PostRequest>, context: ServerContext
  ) async throws -> MessageStream<Chatroom_V1_Message> {
    let name = try await room.name(of: context)
    let (latest, coming) = await room.messages()
    return MessageStream { yield in
      for message in latest { try await yield(message) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for try await request in requests { try await room.post(request.text, by: name) }
        }
        group.addTask {
          for try await message in coming { try await yield(message) }
        }
        group.addTask { await context.waitForDrain() }  // members leave an endless room when the server stops
        try await group.next()
        group.cancelAll()
      }
    }
  }

  func read(
    _ request: Chatroom_V1_ReadRequest, context: ServerContext
  ) async throws -> MessageStream<Chatroom_V1_Message> {
    _ = try await room.name(of: context)
    let (latest, coming) = await room.messages()
    let count = request.count == 0 ? Int.max : Int(request.count)
    return MessageStream { yield in
      var sent = 0
      for message in latest.suffix(count) {
        try await yield(message)
        sent += 1
      }
      if sent >= count { return }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { [sent] in
          var sent = sent
          for try await message in coming {
            try await yield(message)
            sent += 1
            if sent >= count { return }
          }
        }
        group.addTask { await context.waitForDrain() }  // members leave an endless room when the server stops
        try await group.next()
        group.cancelAll()
      }
    }
  }
}
