// `freshet-bench`: Freshet's server and client for the benchmark, written like user code.
import ArgumentParser

@main
struct FreshetBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "freshet-bench", abstract: "Serves and calls bench.v1.Bench.",
    subcommands: [ServerCommand.self, ClientCommand.self, FloorCommand.self])
}
