// A port with plain routes, checked against HTTP/2's rules frame by frame, as h2spec checks web servers.
import FreshetCore
import FreshetServer
import FreshetTransport
import NIOCore
import TestSupport
import Testing

@testable import FreshetWeb

@Suite(.timeLimit(.minutes(5))) struct HTTP2RouteTests {
  /// GET is answered at once, POST when it has been read.
  private static let web = WebConfiguration {
    $0.http("GET", "/") { _ in HTTPResponse("hello\n") }
    $0.http("POST", "/") { request in
      var count = 0
      for try await part in request.body { count += part.readableBytes }
      return HTTPResponse("read \(count) bytes\n")
    }
  }

  /// All but one, in which a route that reads the request waits for its end, and rightly so.
  private static let cases = HTTP2Case.all.filter { $0.name != "POST that does not end" }

  @Test(arguments: cases)
  func `the client's frames have the outcome of RFC 9113 and RFC 7541`(_ aCase: HTTP2Case) async throws {
    try await withWebServer(web: Self.web, configure: { $0.connection.lingerTimeout = .seconds(50) }) { port in
      let socket = try await onThread { try LoopbackSocket.connected(to: port) }
      let peer = try await FramePeer.on(socket: socket, peerIsClient: false)
      peer.send(bytes: Frame.preface + Frame.settings(aCase.settings).bytes)
      _ = try await peer.frames { $0.kind == .settings && $0.isAck }
      try await aCase.play(on: peer)
      peer.close()
    }
  }
}
