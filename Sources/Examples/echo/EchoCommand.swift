// `echo`: the four kinds of call in one program, a server and a client for each method.
import ArgumentParser

@main
struct EchoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "echo",
    abstract: "Send and receive words: one method for each of the four kinds of call.",
    subcommands: [Serve.self, Get.self, Expand.self, Collect.self, Update.self]
  )
}
