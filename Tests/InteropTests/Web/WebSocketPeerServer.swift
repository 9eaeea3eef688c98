// The server that other people's WebSocket clients open sockets to.
import Freshet
import FreshetWeb
import NIOCore
import Synchronization
import TestSupport

enum WebSocketPeerServer {
  /// What handlers have seen and wait for, by the names that clients gave their sockets.
  final class Board: Sendable {
    private struct State {
      var signals: [String: Signal<String>] = [:]
      var counts: [String: Int] = [:]
    }

    private let state = Mutex(State())

    func signal(_ what: String, _ id: String?) -> Signal<String> {
      let key = "\(what) \(id ?? "")"
      return state.withLock { state in
        if let known = state.signals[key] { return known }
        let signal = Signal<String>()
        state.signals[key] = signal
        return signal
      }
    }

    func count(_ id: String?) { state.withLock { $0.counts[id ?? "", default: 0] += 1 } }

    func counted(_ id: String?) -> Int { state.withLock { $0.counts[id ?? ""] ?? 0 } }
  }

  static func make(_ board: Board) -> Server {
    var configuration = ServerConfiguration()
    configuration.trapsSignals = false
    return Server(
      services: [], configuration: configuration,
      web: WebConfiguration {
        $0.echo()
        $0.http("GET", "/page") { _ in
          HTTPResponse(
            fields: [HTTPField("content-type", "text/html")],
            body: ByteBuffer(string: "<!doctype html><title>page</title><link rel=icon href=data:,>"))
        }
        $0.webSocket("/connection") { socket, request in try await socket.send(request.context.peer) }
        $0.http("GET", "/connection") { HTTPResponse($0.context.peer) }
        $0.close(board)
        $0.pause(board)
      })
  }
}

extension WebConfiguration {
  fileprivate mutating func echo() {
    let plain = WebSocketOptions {
      $0.subprotocols = ["echo"]
      $0.limits.maxMessageBytes = 16 << 20
    }
    let deflate = WebSocketOptions {
      $0.compression = DeflateOptions(windowBits: 15, contextTakeover: true, minimumBytes: 0)
    }
    webSocket("/", options: plain) { socket, _ in try await reply(socket) }
    webSocket("/deflate", options: deflate) { socket, _ in try await reply(socket) }
  }

  /// Closes of each kind; a client of `/report/{id}` learns at `/closes/{id}` what its handler has seen.
  fileprivate mutating func close(_ board: WebSocketPeerServer.Board) {
    webSocket("/close/{code}") { socket, request in
      await socket.finish(CloseCode(rawValue: UInt16(request.parameters["code"] ?? "") ?? 1000), reason: "as asked ü")
    }
    webSocket("/throw") { _, _ in throw Fault() }
    webSocket("/report/{id}") { socket, request in
      try? await reply(socket)
      board.signal("close of", request.parameters["id"])
        .set("\(socket.closeCode?.rawValue ?? 0) \(socket.closeReason)")
    }
    http("GET", "/closes/{id}") {
      HTTPResponse(try await board.signal("close of", $0.parameters["id"]).value())
    }
  }

  /// `/pause/{id}` reads only when `/go/{id}` was posted, and then counts; `/feed/{id}` sends 100 MiB, and `/sent/{id}` is how
  /// many of them.
  fileprivate mutating func pause(_ board: WebSocketPeerServer.Board) {
    webSocket("/pause/{id}") { socket, request in
      _ = try await board.signal("go", request.parameters["id"]).value()
      var count = 0
      for try await message in socket.messages {
        if case .text = message { return try await socket.send("\(count)") }
        count += 1
      }
    }
    http("POST", "/go/{id}") {
      board.signal("go", $0.parameters["id"]).set("")
      return HTTPResponse("gone")
    }
    webSocket("/feed/{id}") { socket, request in
      for _ in 0..<100 {
        try await socket.send(ByteBuffer(repeating: 7, count: 1 << 20))
        board.count(request.parameters["id"])
      }
    }
    http("GET", "/sent/{id}") { HTTPResponse("\(board.counted($0.parameters["id"]))") }
  }
}

private struct Fault: Error {}

private func reply(_ socket: WebSocket) async throws {
  for try await message in socket.messages { try await socket.send(message) }
}
