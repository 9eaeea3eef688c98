// `routeguide`: the sights of the invented valley of the Vell, by each of the four kinds of call.
import ArgumentParser

@main
struct RouteGuideCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routeguide",
    abstract: "A guide to the valley of the Vell: what is where, how long a walk was, and what others noted there.",
    subcommands: [Serve.self, Feature.self, List.self, Record.self, Chat.self]
  )
}
