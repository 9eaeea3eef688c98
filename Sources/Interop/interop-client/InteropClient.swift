// `interop-client`: runs one case of gRPC's interoperability tests against a server, with their usual flags.
import ArgumentParser
import ExampleSupport

@main
struct InteropClient: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interop-client",
    abstract: "Runs one case of gRPC's interoperability tests.",
    discussion: "Exits with 0 if the server behaved as expected, else prints what was expected and what was received.")

  @OptionGroup var server: ServerFlags

  @Option(name: .customLong("test_case"), help: "The case to run.")
  var testCase: TestCase

  @OptionGroup var soak: SoakFlags

  func run() async throws {
    try await server.withChannel { channel in
      try await testCase.run(Session(channel, to: server, soak: soak))
    }
    say("\(testCase.rawValue): passed")
  }
}
