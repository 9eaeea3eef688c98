// The command-line tool `freshet`.
import ArgumentParser

@main
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "freshet",
    abstract: "Tools for streaming RPC in Swift.",
    subcommands: [GenerateCommand.self, DescriptorsCommand.self])
}
