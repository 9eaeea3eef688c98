// The states of a server's call by table.
import FreshetCore
import NIOCore
import Testing

@testable import FreshetServer

@Suite struct ServerCallStateTests {
  private static let message = MessageDeframer.Message(isCompressed: false, payload: ByteBuffer(bytes: [1]))
  private static let names = ["awaitingHead", "collecting none", "collecting one", "running", "answered"]

  private static func state(_ name: String) -> ServerCallState {
    switch name {
    case "awaitingHead": .awaitingHead
    case "collecting none": .collecting(nil)
    case "collecting one": .collecting(message)
    case "running": .running
    default: .answered
    }
  }

  private static func name(_ state: ServerCallState) -> String {
    switch state {
    case .awaitingHead: "awaitingHead"
    case .collecting(nil): "collecting none"
    case .collecting: "collecting one"
    case .running: "running"
    case .answered: "answered"
    }
  }

  @Test(arguments: zip(names, [("ignore", "awaitingHead"), ("keep", "collecting one"), ("tooMany", "collecting one"), ("ignore", "running"), ("ignore", "answered")]))
  func `S13: the first message is kept, a second is one too many`(before: String, expected: (String, String)) {
    var state = Self.state(before)
    #expect("\(state.receive(Self.message))" == expected.0)
    #expect(Self.name(state) == expected.1)
  }

  @Test(arguments: zip(names, [("ignore", "awaitingHead"), ("noMessage", "collecting none"), ("start", "running"), ("ignore", "running"), ("ignore", "answered")]))
  func `S13: the end starts the handler if there is a message`(before: String, expected: (String, String)) {
    var state = Self.state(before)
    let answer =
      switch state.finishCollecting() {
      case .start(let message): message == Self.message ? "start" : "start with another message"
      case .noMessage: "noMessage"
      case .ignore: "ignore"
      }
    #expect(answer == expected.0)
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
