// `streams`: uses of the stream toolkit, as three programs.
import ArgumentParser

@main
struct StreamsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "streams", abstract: "Examples of the stream toolkit.",
    subcommands: [PagesExample.self, RPCExample.self, MakersExample.self])
}
