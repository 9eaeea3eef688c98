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
    let server = Server(services: [ChatroomService()], web: .init { $0.files("/", in: page) })
    try await listen.run(server, name: "chatroom")
  }
}
