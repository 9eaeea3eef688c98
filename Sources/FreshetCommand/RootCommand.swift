// The command-line tool `freshet`.
import ArgumentParser
import Foundation

@main
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "freshet",
    abstract: "Tools for streaming RPC in Swift.",
    subcommands: [GenerateCommand.self, DescriptorsCommand.self])

  static func main() {
    guard let compilation = DescriptorsCompilation(plainArguments: CommandLine.arguments.dropFirst()) else {
      return main(nil)
    }
    Foundation.exit(compilation.run() ? EXIT_SUCCESS : EXIT_FAILURE)
  }
}
