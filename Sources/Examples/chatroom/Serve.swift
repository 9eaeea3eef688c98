// `chatroom serve`: runs the server, with the page.
import ArgumentParser
import ExampleSupport
import Foundation
import Freshet
import FreshetWeb

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run the server.")

  @OptionGroup var listen: ListenOptions

  func run() async throws {
    let page = Bundle.module.bundleURL.appending(path: "Page").path
    let service = ChatroomService()
    let sockets = SocketRoom(room: service.room)
    let web = WebConfiguration {
      $0.files("/", in: page)
      $0.javaScript()  // the page's way to the service: /freshet.js
      $0.webSocket("/room/{name}") { try await sockets.serve($0, name: $1.parameters["name"] ?? "") }
    }
    let server = Server(services: [service], web: web)
    try await listen.run(server, name: "chatroom")
  }
}
