// Our client with its own channel to a Python server; one function for the four kinds of call.
import EchoStubs
import Freshet
import TestSupport

struct OurClient: Sendable {
  /// The result of a call.
  struct Outcome: Sendable {
    var texts: [String] = []
    var initial: Metadata = [:]
    var trailing: Metadata = [:]
  }

  let channel: RPCChannel
  let echo: Echo_V1_Echo.Client

  init(_ channel: RPCChannel) {
    self.channel = channel
    echo = Echo_V1_Echo.Client(channel)
  }

  /// Makes a call of the kind with these words, and reads all responses.
  func call(_ kind: CallKind, _ words: [String], _ options: CallOptions) async throws -> Outcome {
    switch kind {
    case .get:
      let request = Echo_V1_Message(words.joined(separator: " "))
      let response: Response<Echo_V1_Message> = try await echo.get(request, options: options)
      return Outcome(texts: [response.message.text], initial: response.metadata, trailing: response.trailers)
    case .expand:
      return try await read(echo.expand(Echo_V1_Message(words.joined(separator: " ")), options: options))
    case .collect:
      let response: Response<Echo_V1_Message> = try await echo.collect(options: options) { yield in
        for word in words { try await yield(Echo_V1_Message(word)) }
      }
      return Outcome(texts: [response.message.text], initial: response.metadata, trailing: response.trailers)
    case .update:
      return try await read(
        echo.update(options: options) { yield in
          for word in words { try await yield(Echo_V1_Message(word)) }
        })
    }
  }

  private func read(_ responses: ResponseStream<Echo_V1_Message>) async throws -> Outcome {
    var outcome = Outcome()
    for try await response in responses { outcome.texts.append(response.text) }
    outcome.initial = try await responses.metadata
    outcome.trailing = try await responses.trailers
    return outcome
  }
}

extension CallOptions {
  /// Options with metadata for the Python server, including the call's id.
  static func call(_ id: String, _ metadata: [String: String] = [:], timeout: Duration? = nil) -> CallOptions {
    var options = CallOptions(timeout: timeout)
    options.metadata.add(id, for: "x-call-id")
    for (key, value) in metadata { options.metadata.add(value, for: key) }
    return options
  }
}
