// A chat written as in the README: the first message names the room, a child task reads the rest.
import EchoStubs
import Freshet
import Testing

/// Rooms by name. They persist while empty.
actor Rooms {
  private var rooms: [String: Hub<Echo_V1_Message>] = [:]

  func room(_ name: String) -> Hub<Echo_V1_Message> {
    if let room = rooms[name] { return room }
    let room = Hub<Echo_V1_Message>()
    rooms[name] = room
    return room
  }
}

struct ChatService: Echo_V1_Echo.Service {
  let rooms = Rooms()

  func update(
    _ requests: RequestStream<Echo_V1_Message>, context: ServerContext
  ) async throws -> MessageStream<Echo_V1_Message> {
    guard let hello = try await requests.first() else {
      throw RPCError(code: .invalidArgument, message: "the first message names the room")
    }
    let room = await rooms.room(hello.text)
    let messages = room.subscribeOrDisconnect(bound: 100)
    return MessageStream { yield in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { for try await message in requests { try await room.publish(message) } }
        group.addTask { for try await message in messages { try await yield(message) } }
        try await group.next()  // the member has left, or was too slow
        group.cancelAll()
      }
    }
  }

  /// The rest, read by an unstructured task with the iterator that has read the first message.
  func collect(_ requests: RequestStream<Echo_V1_Message>, context: ServerContext) async throws -> Echo_V1_Message {
    var messages = requests.makeAsyncIterator()
    guard let hello = try await messages.next() else { return Echo_V1_Message() }
    let reading = Task { [messages] in
      var (messages, words) = (messages, [hello.text])
      while let message = try await messages.next() { words.append(message.text) }
      return words
    }
    let words = try await reading.value
    return .with { $0.text = words.joined(separator: " ") }
  }

  /// The members of a room.
  func get(_ request: Echo_V1_Message, context: ServerContext) async throws -> Echo_V1_Message {
    let count = await rooms.room(request.text).subscriberCount
    return .with { $0.text = "\(count)" }
  }

  func expand(_ request: Echo_V1_Message, context: ServerContext) -> MessageStream<Echo_V1_Message> {
    MessageStream([])
  }
}

@Suite struct ChatRoomTests {
  private struct Member {
    let call: BidirectionalCall<Echo_V1_Message, Echo_V1_Message>
    var messages: ResponseStream<Echo_V1_Message>.AsyncIterator

    init(_ chat: Echo_V1_Echo.Client, room: String) async throws {
      call = chat.update()
      messages = call.responses.makeAsyncIterator()
      try await say(room)
    }

    func say(_ text: String) async throws { try await call.send(.with { $0.text = text }) }

    mutating func hear() async throws -> String? { try await messages.next()?.text }

    /// Returns when the server has ended the call.
    mutating func leave() async throws {
      call.finish()
      while try await messages.next() != nil {}
    }
  }

  private func withChat(_ body: (Echo_V1_Echo.Client) async throws -> Void) async throws {
    let server = Server(services: [ChatService()])
    try await body(Echo_V1_Echo.Client(server.inProcessChannel()))
    await server.drain()
  }

  private func count(_ chat: Echo_V1_Echo.Client, in room: String) async throws -> String {
    let reply: Echo_V1_Message = try await chat.get(.with { $0.text = room })
    return reply.text
  }

  @Test func `a room survives its last member leaving, repeatedly`() async throws {
    try await withChat { chat in
      for round in 0..<5 {
        var (ada, grace) = (try await Member(chat, room: "lobby"), try await Member(chat, room: "lobby"))
        try await ada.say("round \(round)")
        #expect(try await ada.hear() == "round \(round)")
        // Grace may have joined before or after that.
        try await grace.say("here")
        var heard = try await grace.hear()
        if heard == "round \(round)" { heard = try await grace.hear() }
        #expect(heard == "here")
        #expect(try await ada.hear() == "here")
        try await ada.leave()
        try await grace.leave()
        while try await count(chat, in: "lobby") != "0" { await Task.yield() }
      }
    }
  }

  @Test func `a room survives the cancellation of its members' calls`() async throws {
    try await withChat { chat in
      for round in 0..<5 {
        var ada = try await Member(chat, room: "lobby")
        try await ada.say("round \(round)")
        #expect(try await ada.hear() == "round \(round)")
        ada.call.cancel()
        while try await count(chat, in: "lobby") != "0" { await Task.yield() }
      }
    }
  }

  @Test func `the first message selects the room that receives the rest`() async throws {
    try await withChat { chat in
      var (ada, grace) = (try await Member(chat, room: "lobby"), try await Member(chat, room: "attic"))
      for number in 0..<3 {
        try await ada.say("lobby \(number)")
        try await grace.say("attic \(number)")
        #expect(try await ada.hear() == "lobby \(number)")
        #expect(try await grace.hear() == "attic \(number)")
      }
      try await ada.leave()
      try await grace.leave()
    }
  }

  @Test func `a call without a first message is refused`() async throws {
    try await withChat { chat in
      let call = chat.update()
      call.finish()
      let error = await #expect(throws: RPCError.self) { for try await _ in call.responses {} }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test func `a task continues with the iterator that has read the first message`() async throws {
    try await withChat { chat in
      let words: [Echo_V1_Message] = ["one", "two", "three"].map { word in .with { $0.text = word } }
      let reply: Echo_V1_Message = try await chat.collect(words)
      #expect(reply.text == "one two three")
    }
  }
}
