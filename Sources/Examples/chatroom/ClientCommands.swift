// The terminal's half of chatroom, over gRPC.
import ArgumentParser
import ChatroomStubs
import ExampleSupport
import Freshet

struct Join: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Enter the room: what is said appears, and each line that you type is said.")

  @OptionGroup var connect: ConnectOptions
  @Option(help: "Your name.") var name: String
  @Option(help: "Leave after that many messages.") var count: UInt32?

  func run() async throws {
    try await connect.withChannel { channel in
      let (room, options) = try await enter(channel, as: name)
      let count = count
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for try await message in room.read(.with { $0.count = count ?? 0 }, options: options) {
            say("\(message.name): \(message.text)")
          }
        }
        if count == nil {
          group.addTask {
            for try await line in standardInputLines() {
              _ = try await room.post(.with { $0.text = line }, options: options)
            }
          }
        }
        try await group.next()
        group.cancelAll()
      }
    }
  }
}

struct Post: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Say one thing.")

  @OptionGroup var connect: ConnectOptions
  @Option(help: "Your name.") var name: String
  @Argument(help: "The text.") var text: String

  func run() async throws {
    try await connect.withChannel { channel in
      let (room, options) = try await enter(channel, as: name)
      _ = try await room.post(.with { $0.text = text }, options: options)
    }
  }
}

/// - Returns: the room, and the options of its calls, with the token.
private func enter(
  _ channel: RPCChannel, as name: String
) async throws -> (Chatroom_V1_Chatroom.Client, CallOptions) {
  let room = Chatroom_V1_Chatroom.Client(channel)
  let token = try await room.login(.with { $0.name = name }).token
  return (room, CallOptions(metadata: ["authorization": "Bearer \(token)"]))
}
