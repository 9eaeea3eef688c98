// A call in a WebSocket: the same call comes out however its bytes are cut, and nothing in them crashes the tunnel.
import FreshetCore
import FreshetHTTP
import FreshetServer
import FreshetTransport
import FreshetWeb
import Fuzzing
import NIOCore
import NIOEmbedded

extension WebSubject {
  static let tunnels = [
    tunnel(
      "grpc.freshet.v1", content: "proto",
      conversations: [
        [(2, [1] + "a-b: 1\r\ngrpc-timeout: 1S\r\n".utf8), (2, [2, 8, 1]), (2, [3, 0]), (2, [4])],
        [(2, [1]), (2, [6, 0, 0, 0, 1]), (2, [2]), (2, [4]), (2, [6, 0, 0, 0, 9])],
        [(2, [1]), (9, [7]), (2, [2, 1]), (8, [0x0F, 0xA1])],
      ]),
    tunnel(
      "grpc.freshet.v1", content: "json",
      conversations: [
        [
          (1, Array("{\"@headers\":{\"a\":[\"1\",\"2\"]}}".utf8)), (1, Array("{\"@credit\":3}".utf8)),
          (1, Array("{}".utf8)), (1, Array("{\"@end\":true}".utf8)),
        ],
        [(2, [1] + "a: b\r\n".utf8), (2, [2] + "{}".utf8), (2, [4])],
      ]),
    tunnel(
      "grpc-websockets", content: "proto",
      conversations: [
        [
          (2, Array("content-type: application/grpc-web+proto\r\nx: y\r\n".utf8)), (2, [0, 0, 0]),
          (2, [0, 0, 0, 1, 7]),
          (2, [1]),
        ]
      ]),
  ]

  private static func tunnel(
    _ subprotocol: String, content: String, conversations: [[(opcode: UInt8, payload: [UInt8])]]
  ) -> WebSubject {
    WebSubject(
      name: "\(subprotocol) \(content)",
      // With masks of zero, so that damage is damage of what they mean.
      samples: conversations.map { frames in
        frames.flatMap { [0x80 | $0.opcode, 0x80 | UInt8($0.payload.count), 0, 0, 0, 0] + $0.payload }
      },
      words: [
        "\r\n", ": ", "\0", "\u{1}", "\u{82}\u{81}", "{\"@credit\":", "{\"@end\":true}", "{\"@headers\":{}}", "\"", "}",
        "grpc-timeout: 1S\r\n", "grpc-encoding: gzip\r\n", ":path: /x\r\n", "\u{88}\u{80}\0\0\0\0", "\u{FF}",
      ]
    ) { input, mutator in
      var pieces: [[UInt8]] = [], rest = input[...]
      while !rest.isEmpty {
        let piece = rest.prefix(1 + mutator.index(below: 9))
        pieces.append(Array(piece))
        rest = rest.dropFirst(piece.count)
      }
      let whole = TunnelRun(subprotocol, content, [input]), cut = TunnelRun(subprotocol, content, pieces)
      guard cut.outcome == whole.outcome else {
        return .broken(law: "pieces are the same call (\(pieces.map(\.count))): \(cut.outcome), not \(whole.outcome)")
      }
      guard whole.events.count(where: { $0.hasPrefix("head") }) <= 1, whole.events.count(where: { $0 == "end" }) <= 1
      else { return .broken(law: "a tunnel carries one call: \(whole.events)") }
      return whole.events.contains("end") ? .taken : .refused
    }
  }
}

/// What comes out of a tunnel for some input.
private struct TunnelRun {
  private static let executor = LoopExecutor.of(EmbeddedEventLoop())
  let events: [String]

  /// Without the messages of a call that was cancelled: it depends on the pieces which of them are read before that.
  var outcome: [String] {
    guard let place = events.firstIndex(where: { $0.hasPrefix("closed") }) else { return events }
    return events[...place].filter { $0.hasPrefix("head") || $0.hasPrefix("closed") }
  }

  init(_ subprotocol: String, _ content: String, _ pieces: [[UInt8]]) {
    let opening: HeaderFields = [
      ":method": "GET", ":path": "/a.B/Expand?content=\(content)", ":scheme": "http", ":authority": "x",
      "upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-protocol": subprotocol,
    ]
    guard
      case .tunnel(let tunnel)? = try? WebSubject.reader.readHead(
        HeaderSection(opening, version: .http1_1), timeout: nil, WebSubject.router, .standard)
    else { fatalError("the opening is no tunnel") }
    let stream = TransportStream(executor: Self.executor, maxMessageBytes: 4096), call = Call(stream)
    stream.delegate = call
    let limits = TunnelLimits(maxMessageBytes: 4096, maxHeaderListBytes: 4096, headTimeout: .seconds(10))
    stream.useBodyFraming(.tunnel(tunnel.makeForm(limits)))
    for piece in pieces { piece.withUnsafeBytes { stream.receiveData($0) } }
    stream.receiveEndStream()
    call.note()
    stream.duplexForm?.detach()
    events = call.events
  }

  /// Notes what happens.
  // SAFETY: touched on the embedded loop alone, which is the fuzzer's thread.
  private final class Call: TransportStreamDelegate, @unchecked Sendable {
    private unowned let stream: TransportStream
    var events: [String] = []

    init(_ stream: TransportStream) { self.stream = stream }

    func receiveHeaders(_ section: HeaderSection, timeout: UnsafeRawBufferPointer?, endStream: Bool) {
      let value = timeout.map { String(decoding: $0, as: UTF8.self) } ?? "-"
      do throws(CallRefusal) {
        let reading = try WebSubject.reader.readHead(section, timeout: timeout, WebSubject.router, .standard)
        guard case .call(let head)? = reading else { fatalError("a tunnelled head is no call") }
        events.append("head \(head.wire.metadata(in: head.fields)) \(value)")
      } catch {
        events.append("refused \(error.status)")
      }
    }

    func receiveData() { note() }

    func receiveEndStream() {
      note()
      if !events.contains("end") { events.append("end") }
    }

    func receiveClose(_ end: StreamEnd, connectionError: TransportError?) { events.append("closed \(end)") }

    func refuseMessage(_ error: RPCError) {}

    /// Takes what has arrived.
    func note() {
      while true {
        switch stream.poll() {
        case .message(let message):
          events.append("message \(message.isCompressed) \(message.payload.readableBytesView)")
        case .failure(let error):
          if events.last != "\(error)" { events.append("\(error)") }
          return
        case .wait, .end: return
        }
      }
    }
  }
}
