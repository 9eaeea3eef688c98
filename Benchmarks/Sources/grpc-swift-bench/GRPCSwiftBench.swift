// `grpc-swift-bench`: grpc-swift-2's server and client for the benchmark, written like its examples.
import ArgumentParser

@main
struct GRPCSwiftBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grpc-swift-bench", abstract: "Serves and calls bench.v1.Bench with grpc-swift-2.",
    subcommands: [ServerCommand.self, ClientCommand.self])
}
