// `chatroom`: one server for terminals over gRPC and WebSocket, for curl, and for a page.
import ArgumentParser

@main
struct ChatroomCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chatroom",
    abstract: "A chat room for terminals, curl and browsers, on one port.",
    subcommands: [Serve.self, Join.self, Post.self, Socket.self]
  )
}
