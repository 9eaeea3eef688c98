// The states of a server's call by table.
import Testing

@testable import FreshetServer

@Suite struct ServerCallStateTests {
  private static let names = ["awaitingHead", "collecting none", "collecting one", "running", "answered"]

  private static func state(_ name: String) -> ServerCallState {
    switch name {
    case "awaitingHead": .awaitingHead
    case "collecting none": .collecting(hasMessage: false)
    case "collecting one": .collecting(hasMessage: true)
    case "running": .running
    default: .answered
    }
  }

  private static func name(_ state: ServerCallState) -> String {
    switch state {
    case .awaitingHead: "awaitingHead"
    case .collecting(hasMessage: false): "collecting none"
    case .collecting(hasMessage: true): "collecting one"
    case .running: "running"
    case .answered: "answered"
    }
  }

  @Test(
    arguments: zip(
      names,
      [
        ("ignore", "awaitingHead"), ("keep", "collecting one"), ("tooMany", "collecting one"), ("ignore", "running"),
        ("ignore", "answered"),
      ]))
  func `S13: the first message is kept, a second is one too many`(before: String, expected: (String, String)) {
    var state = Self.state(before)
    #expect("\(state.receiveMessage())" == expected.0)
    #expect(Self.name(state) == expected.1)
  }

  @Test(
    arguments: zip(
      names,
      [
        ("ignore", "awaitingHead"), ("noMessage", "collecting none"), ("start", "running"), ("ignore", "running"),
        ("ignore", "answered"),
      ]))
  func `S13: the end starts the handler if there is a message`(before: String, expected: (String, String)) {
    var state = Self.state(before)
    #expect("\(state.finishCollecting())" == expected.0)
    #expect(Self.name(state) == expected.1)
  }

  @Test(arguments: names)
  func `only the first answer is sent`(before: String) {
    var state = Self.state(before)
    #expect(state.answer() == (before == "answered" ? .ignore : .send))
    #expect(state.answer() == .ignore)
    #expect(Self.name(state) == "answered")
  }
}
