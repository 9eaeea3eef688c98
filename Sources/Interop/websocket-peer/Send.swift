// A client that sends what it is given.
import ArgumentParser
import ExampleSupport
import Freshet
import FreshetWeb
import NIOCore

struct Send: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Send texts, and print what comes back for each.")

  @Argument(help: "The server's URL.") var url: String
  @Argument(help: "The texts.") var texts: [String]
  @Option(help: "The version of HTTP: automatic, http1 or http2.") var http = "automatic"
  @Flag(help: "Offer permessage-deflate.") var deflate = false
  @Option(help: "The server's certificate authority, a PEM file.") var ca: String?

  func run() async throws {
    let options = WebSocketClientOptions {
      $0.http = http == "http1" ? .http1 : http == "http2" ? .http2 : .automatic
      if deflate { $0.compression = DeflateOptions() }
      if let ca { $0.tls = .client(trustRoots: .certificates([.file(ca)])) }
    }
    try await WebSocket.connect(url, options: options) { socket in
      var messages = socket.messages.makeAsyncIterator()
      for text in texts {
        try await socket.send(text)
        switch try await messages.next() {
        case .text(let text)?: say(text)
        case .binary(let bytes)?: say("\(bytes.readableBytes) bytes")
        case nil: say("closed: \(socket.closeCode.map { "\($0)" } ?? "")")
        }
      }
    }
  }
}
