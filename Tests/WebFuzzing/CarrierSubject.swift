// The HTTP/1.1 carrier on a channel without a socket: the same requests come out of it however its input is cut.
import FreshetCore
import FreshetHTTP
import FreshetHTTP1
import FreshetTransport
import Fuzzing
import NIOCore
import NIOEmbedded

extension WebSubject {
  static let carrier = WebSubject(
    name: "HTTP/1.1",
    samples: [
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nt: 1\r\n\r\n",
      "GET /a?b HTTP/1.0\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\nHEAD http://y/c HTTP/1.1\r\nHost: x\r\n\r\n",
      "PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
      "OPTIONS * HTTP/1.1\r\nHost: x:1\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: A\r\n\r\n",
    ].map { Array($0.utf8) },
    words: [
      "\r\n", "\n", "\r", "\r\n\r\n", "\0", " ", "\t", ":", "Content-Length: 3\r\n", "Content-Length: +3\r\n",
      "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Host: y\r\n", "HTTP/1.1", "HTTP/1.0",
      "HTTP/2.0", "0\r\n\r\n", "ffffffffffffffff\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", " folded\r\n", "CONNECT",
      "\u{FF}",
    ]
  ) { input, mutator in
    var pieces: [[UInt8]] = [], rest = input[...]
    while !rest.isEmpty {
      let piece = rest.prefix(1 + mutator.index(below: 40))
      pieces.append(Array(piece))
      rest = rest.dropFirst(piece.count)
    }
    let whole = CarrierRun([input]), cut = CarrierRun(pieces)
    guard cut.requests == whole.requests else {
      return .broken(law: "pieces are the same requests (\(pieces.map(\.count)))")
    }
    for run in [whole, cut] where run.statuses.count > run.requests.count + 1 {
      return .broken(law: "no request has two responses")
    }
    return whole.statuses.contains { $0 >= 400 } || whole.requests.isEmpty ? .refused : .taken
  }
}

/// What came out of a connection for some input: the requests that were whole, and the responses' statuses.
private struct CarrierRun {
  private(set) var requests: [[String]] = []
  private(set) var statuses: [Int] = []

  init(_ pieces: [[UInt8]]) {
    let channel = EmbeddedChannel(), end = End()
    do {
      try ChannelSetup.serve(
        on: channel, tls: nil, carriers: [.http1(isTLS: false, settings: HTTP1Settings())],
        configuration: ConnectionConfiguration(), delegate: end)
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
    } catch { fatalError("\(error)") }
    var output: [UInt8] = []
    for piece in pieces {
      _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
      channel.embeddedEventLoop.run()
      while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { output += bytes.readableBytesView }
    }
    channel.embeddedEventLoop.run()
    while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { output += bytes.readableBytesView }
    requests = end.calls.filter(\.isWhole).map(\.lines)
    let text = String(decoding: output, as: UTF8.self)
    statuses = text.split(separator: "\r\n").filter { $0.hasPrefix("HTTP/1.1 ") || $0.hasPrefix("xHTTP/1.1 ") }
      .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.filter { $0 >= 200 }
    channel.pipeline.fireChannelInactive()
    channel.embeddedEventLoop.run()
  }

  private final class End: ConnectionDelegate {
    var calls: [Call] = []

    func connectionMakesStream(_ connection: TransportConnection) -> TransportStream {
      let stream = TransportStream(executor: connection.executor, maxMessageBytes: 4096), call = Call(stream)
      stream.delegate = call
      calls.append(call)
      return stream
    }
    func connectionOpened(_ connection: TransportConnection) {}
    func connectionBecameReady(_ connection: TransportConnection) {}
    func connectionIsGoingAway(_ connection: TransportConnection, _ error: TransportError) {}
    func connectionClosed(_ connection: TransportConnection, _ error: TransportError) {}
  }

  /// Answers when its request is whole.
  // SAFETY: touched on the embedded loop alone, which is the fuzzer's thread.
  private final class Call: TransportStreamDelegate, @unchecked Sendable {
    private weak var stream: TransportStream?
    var lines: [String] = []
    var isWhole = false

    init(_ stream: TransportStream) { self.stream = stream }

    func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {
      section.fields.forEach { name, value in
        lines.append("\(String(decoding: name, as: UTF8.self)): \(String(decoding: value, as: UTF8.self))")
      }
      stream?.useBodyFraming(.whole(isCompressed: false))
    }

    func receiveData() {}

    func receiveEndStream() {
      while case .message(let message)? = stream?.poll() {
        lines.append(String(decoding: message.payload.readableBytesView, as: UTF8.self))
      }
      isWhole = true
      stream?.sendResponseHeaders([":status": "200"])
      try? stream?.enqueue(ByteBuffer(string: "x"))
      stream?.finish()
    }

    func receiveClose(_ end: StreamEnd, connectionError: TransportError?) {}
    func refuseMessage(_ error: RPCError) {}
  }
}
