// The terminal's other half: the room by plain WebSocket.
import ArgumentParser
import ExampleSupport
import Foundation
import Freshet
import FreshetStreams
import FreshetWeb

struct Socket: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Enter the room by WebSocket: what is said appears, and each line that you type is said.")

  @Option(help: "The server.") var url = "ws://localhost:50051"
  @Option(help: "For wss://, trust the certificates in this PEM file.") var ca: String?
  @Option(help: "Your name.") var name: String
  @Option(help: "Say this at once.") var say: String?
  @Option(help: "Leave after that many messages.") var count: Int?

  func run() async throws {
    let options = WebSocketClientOptions { options in
      if let ca { options.tls = .client(trustRoots: .file(ca)) }
    }
    let path = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    try await WebSocket.connect("\(url)/room/\(path)", options: options) { socket in
      if let say { try await socket.send(say) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for try await case .text(let line) in socket.messages.prefix(count ?? .max) { ExampleSupport.say(line) }
        }
        if count == nil {
          group.addTask {
            for try await line in standardInputLines() { try await socket.send(line) }
          }
        }
        try await group.next()
        group.cancelAll()
      }
    }
  }
}
