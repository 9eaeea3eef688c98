// `streams`: what the stream toolkit is for, as three programs.
import ArgumentParser

@main
struct StreamsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "streams", abstract: "Examples of the stream toolkit.",
    subcommands: [PagesExample.self, RPCExample.self, MakersExample.self])
}
