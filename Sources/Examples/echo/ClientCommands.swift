// The client's half of echo: one command for each method.
import ArgumentParser
import EchoStubs
import ExampleSupport
import Freshet

struct Get: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Send a text and get it back.")

  @OptionGroup var connect: ConnectOptions
  @Argument(help: "The text.") var text: String

  func run() async throws {
    try await connect.withChannel { channel in
      let echo = Echo_V1_Echo.Client(channel)
      let reply = try await echo.get(.with { $0.text = text })
      say(reply.text)
    }
  }
}

struct Expand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Send a text and get its words, one message each.")

  @OptionGroup var connect: ConnectOptions
  @Argument(help: "The text.") var text: String

  func run() async throws {
    try await connect.withChannel { channel in
      let echo = Echo_V1_Echo.Client(channel)
      for try await word in echo.expand(.with { $0.text = text }) {
        say(word.text)
      }
    }
  }
}

struct Collect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Send words, one message each, and get them joined.")

  @OptionGroup var connect: ConnectOptions
  @OptionGroup var words: Words

  func run() async throws {
    try await connect.withChannel { channel in
      let echo = Echo_V1_Echo.Client(channel)
      let joined = try await echo.collect(words.messages())
      say(joined.text)
    }
  }
}

struct Update: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Send words, and get a response to each as it is sent.")

  @OptionGroup var connect: ConnectOptions
  @OptionGroup var words: Words

  func run() async throws {
    try await connect.withChannel { channel in
      let echo = Echo_V1_Echo.Client(channel)
      for try await answer in echo.update(words.messages()) {
        say(answer.text)
      }
    }
  }
}
