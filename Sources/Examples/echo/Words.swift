// The words that `collect` and `update` send: from the command line, or lines as they are typed.
import ArgumentParser
import EchoStubs
import ExampleSupport
import Freshet

struct Words: ParsableArguments {
  @Argument(help: "The words. Without any, each line of standard input is sent as it is typed.")
  var words: [String] = []

  /// A message for each word, made on demand.
  func messages() -> MessageStream<Echo_V1_Message> {
    MessageStream { [words] yield in
      for word in words {
        try await yield(.with { $0.text = word })
      }
      guard words.isEmpty else { return }
      for try await line in standardInputLines() {
        try await yield(.with { $0.text = line })
      }
    }
  }
}
