// Our client's cases against a server of others (websocket_servers.py).
import Freshet
import FreshetWeb
import NIOCore

struct WebSocketPeerClient: Sendable {
  typealias Case = (name: String, body: @Sendable () async throws -> Void)

  let url: String
  let overHTTP2: Bool
  let authorityFile: String
  let peer: Peculiarity?

  /// Where a server differs from what others do.
  enum Peculiarity: String, Decodable, Sendable {
    case answers1000 = "answers 1000"
    case hidesCloses = "hides closes"
  }

  private struct Differs: Error, CustomStringConvertible {
    let description: String
  }

  func cases(fragments: Bool) -> [Case] {
    var cases: [Case] = [
      ("text", { try await echo(["hello ü", "\0", String(repeating: "\u{10ffff}", count: 100)].map { .text($0) }) }),
      ("binary", { try await echo([.binary(ByteBuffer(bytes: [0, 255])), .binary(ByteBuffer(bytes: 0...255))]) }),
      ("empty messages", { try await echo([.text(""), .binary(ByteBuffer()), .text("")]) }),
      ("1 MiB both ways", { try await echo([.text(long), .binary(ByteBuffer(repeating: 254, count: 1 << 20))]) }),
      (
        "permessage-deflate",
        {
          let options = options { $0.compression = DeflateOptions(windowBits: 15, minimumBytes: 0) }
          try await echo(
            [.text(long), .text(""), .text(long), .binary(ByteBuffer(repeating: 7, count: 1000))], options)
        }
      ),
      ("200 messages at once", crowd), ("50 sockets at once", sockets), ("pings", pings), ("its close", itsClose),
      ("our close", ourClose), ("subprotocols", subprotocols), ("refused", refused),
    ]
    if fragments { cases.append(("fragments", self.fragments)) }
    return cases
  }

  private var long: String { String(repeating: "0123456789abcdef", count: 1 << 16) }

  private func options(_ configure: (inout WebSocketClientOptions) -> Void = { _ in }) -> WebSocketClientOptions {
    WebSocketClientOptions {
      $0.http = overHTTP2 ? .http2 : .http1
      $0.tls = .client(trustRoots: .certificates([.file(authorityFile)]))
      configure(&$0)
    }
  }

  private func expect<T: Equatable>(_ actual: T, _ wanted: T, _ what: String = "") throws {
    guard actual == wanted else {
      throw Differs(description: "\(what) \("\(actual)".prefix(200)) and not \("\(wanted)".prefix(200))")
    }
  }

  private func echo(_ messages: [WebSocketMessage], _ options: WebSocketClientOptions? = nil) async throws {
    try await WebSocket.connect(url + "/", options: options ?? self.options()) { socket in
      var answers = socket.messages.makeAsyncIterator()
      for message in messages {
        try await socket.send(message)
        try expect(try await answers.next(), message)
      }
      await socket.finish()
      try expect(try await answers.next(), nil)
      try expect(socket.closeCode, .normal)
    }
  }

  private func crowd() async throws {
    try await WebSocket.connect(url + "/", options: options()) { socket in
      async let sent: Void = {
        for number in 0..<200 { try await socket.send("\(number)") }
      }()
      var answers = socket.messages.makeAsyncIterator()
      for number in 0..<200 { try expect(try await answers.next(), .text("\(number)")) }
      try await sent
    }
  }

  private func sockets() async throws {
    try await withThrowingTaskGroup { group in
      for number in 0..<50 { group.addTask { try await echo([.text("socket \(number)")]) } }
      try await group.waitForAll()
    }
  }

  private func pings() async throws {
    try await WebSocket.connect(url + "/", options: options()) { socket in
      try await socket.ping()
      try await socket.send("behind it")
      var answers = socket.messages.makeAsyncIterator()
      try expect(try await answers.next(), .text("behind it"))
      try expect(socket.latency != nil, true, "a pong:")
    }
  }

  private func itsClose() async throws {
    for code: UInt16 in [1000, 1001, 1008, 3000, 4999] {
      try await WebSocket.connect("\(url)/close/\(code)", options: options()) { socket in
        do {
          for try await message in socket.messages { throw Differs(description: "a message: \(message)") }
          try expect(code <= 1001, true, "a clean end for \(code):")
        } catch let error as WebSocketError {
          try expect(error.kind, .closedByPeer)
        }
        try expect(socket.closeCode, CloseCode(rawValue: code))
        try expect(socket.closeReason, "as asked ü")
      }
    }
  }

  private func ourClose() async throws {
    for (code, reason) in [(1000, "done ü"), (1001, ""), (3000, "x"), (4999, "")] as [(UInt16, String)] {
      try await WebSocket.connect(url + "/", options: options()) { socket in
        await socket.finish(CloseCode(rawValue: code), reason: reason)
        do {
          for try await _ in socket.messages {}
        } catch let error as WebSocketError {
          try expect(error.kind, .closedByPeer)  // it answers with our code
        }
        try expect(socket.closeCode?.rawValue, peer == .answers1000 ? 1000 : code, "answer:")
      }
      if peer == .hidesCloses { continue }
      try await WebSocket.connect(url + "/last", options: options()) { socket in
        var answers = socket.messages.makeAsyncIterator()
        try expect(try await answers.next(), .text("\(code) \(reason)"))
      }
    }
  }

  private func subprotocols() async throws {
    let offered = options { $0.subprotocols = ["other", "echo"] }
    try await WebSocket.connect(url + "/", options: offered) { try expect($0.subprotocol, "echo") }
    try await WebSocket.connect(url + "/", options: options()) { try expect($0.subprotocol, nil) }
  }

  private func refused() async throws {
    do {
      try await WebSocket.connect(url + "/nowhere", options: options()) { _ in }
    } catch let error as WebSocketError {
      try expect(error.kind, .opening)
      return
    }
    throw Differs(description: "it was opened")
  }

  private func fragments() async throws {
    try await WebSocket.connect(url + "/fragments", options: options()) { socket in
      var messages = socket.messages.makeAsyncIterator()
      try expect(try await messages.next(), .text("aü" + String(repeating: "z", count: 70_000)))
      try expect(try await messages.next(), .binary(ByteBuffer(bytes: [0] + [UInt8](repeating: 255, count: 1000))))
      try expect(try await messages.next(), nil)
    }
  }
}
