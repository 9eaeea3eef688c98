// Frames of a client, and the server's required reactions by RFC 9113 and RFC 7541.
//
// The cases are those of the public suite h2spec, in our own words: ordinary requests. gRPC refuses them, so a case only works
// there if a refused request is still processed; a plain route answers them.

/// A client's frames after the handshake, and the expected outcome.
public struct HTTP2Case: Sendable, CustomStringConvertible {
  public enum Outcome: Sendable {
    /// GOAWAY with one of these codes, and the connection's end.
    case connectionError(Set<UInt32>)
    /// RST_STREAM with one of these codes, or as above.
    case streamError(Set<UInt32>)
    /// A response on the stream that was opened, and nothing else.
    case answer
    /// The next PING is answered, and nothing was reset.
    case life
    /// As above, or a graceful end of the connection.
    case lifeOrEnd
    /// DATA frames with these sizes, in order; more may follow.
    case data([Int])
    /// SETTINGS with ACK.
    case settingsAck
  }

  public let name: String
  /// The client's own settings.
  public var settings: [(UInt16, UInt32)] = []
  public let bytes: [UInt8]
  public let outcome: Outcome
  /// Sent once the stream has been answered, or after the first of the expected DATA frames.
  public var then: [UInt8] = []

  init(
    _ name: String, _ frames: [Frame], _ outcome: Outcome, settings: [(UInt16, UInt32)] = [], then: [Frame] = []
  ) {
    self.name = name
    bytes = frames.flatMap(\.bytes)
    self.outcome = outcome
    self.settings = settings
    self.then = then.flatMap(\.bytes)
  }

  public var description: String { name }

  // MARK: Codes

  private static let protocolError: Set<UInt32> = [1], flowControl: Set<UInt32> = [3], streamClosed: Set<UInt32> = [5]
  private static let frameSize: Set<UInt32> = [6], refused: Set<UInt32> = [7], compression: Set<UInt32> = [9]

  // MARK: Parts

  private static let get = request("GET"), post = request("POST")

  private static func request(_ method: String) -> [(String, String)] {
    [(":method", method), (":scheme", "http"), (":path", "/"), (":authority", "localhost")]
  }

  private static func headers(
    _ id: UInt32 = 1, _ fields: [(String, String)] = get, end: Bool = true, block more: [UInt8] = [],
    flags: UInt8 = Frame.endHeaders
  ) -> Frame {
    Frame(.headers, flags: flags | (end ? Frame.endStream : 0), streamID: id, payload: Frame.block(fields) + more)
  }

  private static func continuation(_ id: UInt32 = 1, end: Bool = true) -> Frame {
    Frame(.continuation, flags: end ? Frame.endHeaders : 0, streamID: id, payload: Frame.block([("x", "y")]))
  }

  private static let priority: [UInt8] = [0, 0, 0, 0, 16]
  private static let block = Frame.block(get)
  private static let priorityFlag: UInt8 = 0x20

  private static func malformed(_ name: String, _ fields: [(String, String)]) -> HTTP2Case {
    HTTP2Case(name, [headers(1, fields)], .streamError(protocolError))
  }

  private static func without(_ name: String) -> [(String, String)] { get.filter { $0.0 != name } }
}

extension HTTP2Case {
  public static let all = framing + states + frameKinds + flowControlCases + messages + hpack + harmless

  // MARK: §4

  private static let framing: [HTTP2Case] = [
    .init("§4.1: a frame of an unknown type is ignored", [Frame(type: 0x16, payload: [1, 2, 3])], .life),
    .init(
      "§4.1: flags that are not defined are ignored",
      [Frame(.ping, flags: 0xfe, payload: [UInt8](repeating: 0, count: 8))], .life),
    .init(
      "§4.1: the reserved bit is ignored",
      [Frame(.ping, streamID: 0x8000_0000, payload: [UInt8](repeating: 0, count: 8))], .life),
    .init(
      "§4.2: 16 KiB of DATA are taken",
      [headers(1, post, end: false), .data(1, [UInt8](repeating: 0, count: 16_384), endStream: true)], .answer),
    .init(
      "§4.2: more DATA than SETTINGS_MAX_FRAME_SIZE",
      [headers(1, post, end: false), .data(1, [UInt8](repeating: 0, count: 128 * 1024 + 1), endStream: true)],
      .streamError(frameSize)),
    .init(
      "§4.2: longer HEADERS than SETTINGS_MAX_FRAME_SIZE",
      [headers(1, get, block: [UInt8](repeating: 0x90, count: 128 * 1024))], .connectionError(frameSize)),
    .init("§4.3: a block that cannot be decoded", [headers(1, [], block: [0x40])], .connectionError(compression)),
    .init(
      "§4.3: PRIORITY within a block",
      [headers(flags: 0), Frame(.priority, streamID: 1, payload: priority), continuation()],
      .connectionError(protocolError)),
    .init(
      "§4.3: HEADERS of another stream within a block", [headers(flags: 0), headers(3), continuation()],
      .connectionError(protocolError)),
  ]

  // MARK: §5

  private static let states: [HTTP2Case] = [
    .init("§5.1: idle, DATA", [.data(1, [1], endStream: true)], .connectionError(protocolError)),
    .init("§5.1: idle, RST_STREAM", [.reset(1, code: 8)], .connectionError(protocolError)),
    .init("§5.1: idle, WINDOW_UPDATE", [.windowUpdate(1, 100)], .connectionError(protocolError)),
    .init("§5.1: idle, CONTINUATION", [continuation()], .connectionError(protocolError)),
    .init("§5.1: half-closed (remote), DATA", [headers(), .data(1, [1], endStream: true)], .streamError(streamClosed)),
    .init("§5.1: half-closed (remote), HEADERS", [headers(), headers()], .streamError(streamClosed)),
    .init("§5.1: half-closed (remote), CONTINUATION", [headers(), continuation()], .streamError([1, 5])),
    .init(
      "§5.1: half-closed (remote) with a pending response, DATA", [headers(), .data(1, [1])],
      .streamError(streamClosed), settings: [(4, 0)]),
    .init(
      "§5.1: half-closed (remote) with a pending response, HEADERS", [headers(), headers()],
      .streamError(streamClosed), settings: [(4, 0)]),
    .init(
      "§5.1: closed by the client's RST_STREAM, DATA",
      [headers(end: false), .reset(1, code: 8), .data(1, [1], endStream: true)], .streamError(streamClosed)),
    .init(
      "§5.1: closed by the client's RST_STREAM, HEADERS", [headers(end: false), .reset(1, code: 8), headers()],
      .streamError(streamClosed)),
    .init(
      "§5.1: closed by the client's RST_STREAM, CONTINUATION",
      [headers(end: false), .reset(1, code: 8), continuation()], .streamError([1, 5])),
    .init("§5.1: closed, DATA", [headers()], .connectionError(streamClosed), then: [.data(1, [1], endStream: true)]),
    .init("§5.1: closed, HEADERS", [headers()], .connectionError(streamClosed), then: [headers()]),
    .init("§5.1: closed, CONTINUATION", [headers()], .connectionError([1, 5]), then: [continuation()]),
    .init(
      "§5.1: closed, WINDOW_UPDATE, PRIORITY and RST_STREAM", [headers()], .life,
      then: [
        .windowUpdate(1, 1), Frame(.priority, streamID: 1, payload: priority), .reset(1, code: 8),
      ]),
    .init("§5.1.1: an even identifier", [headers(2)], .connectionError(protocolError)),
    .init("§5.1.1: an identifier below one that was used", [headers(5), headers(3)], .connectionError(protocolError)),
    .init("§5.1.1: the same, after the response", [headers(5)], .connectionError(protocolError), then: [headers(3)]),
    .init(
      "§5.1.2: more streams than SETTINGS_MAX_CONCURRENT_STREAMS",
      (0...1_000).map { headers(2 * $0 + 1, post, end: false) },
      .streamError(protocolError.union(refused))),
    .init(
      "§5.3.1: HEADERS that depend on themselves",
      [
        Frame(
          .headers, flags: Frame.endHeaders | Frame.endStream | priorityFlag, streamID: 1,
          payload: [0, 0, 0, 1, 255] + block)
      ],
      .streamError(protocolError)),
    .init(
      "§5.3.1: PRIORITY that depends on itself", [Frame(.priority, streamID: 2, payload: [0, 0, 0, 2, 255])],
      .streamError(protocolError)),
    .init("§5.5: an unknown frame", [Frame(type: 0xff, payload: [1, 2, 3, 4, 5, 6, 7, 8])], .life),
    .init(
      "§5.5: an unknown frame within a block", [headers(flags: 0), Frame(type: 0xff, payload: [1])],
      .connectionError(protocolError)),
  ]

  // MARK: §6, except windows

  private static let frameKinds: [HTTP2Case] = [
    .init(
      "§6.1: DATA on stream 0", [headers(end: false), .data(0, [1], endStream: true)], .connectionError(protocolError)),
    .init(
      "§6.1: DATA with more padding than it is long",
      [headers(1, post, end: false), Frame(.data, flags: Frame.padded, streamID: 1, payload: [6, 1, 2, 3, 4, 5])],
      .connectionError(protocolError)),
    .init(
      "§6.2: HEADERS without END_HEADERS, then PRIORITY",
      [headers(flags: 0), Frame(.priority, streamID: 1, payload: priority)], .connectionError(protocolError)),
    .init(
      "§6.2: HEADERS without END_HEADERS, then those of another stream", [headers(flags: 0), headers(3)],
      .connectionError(protocolError)),
    .init("§6.2: HEADERS on stream 0", [headers(0)], .connectionError(protocolError)),
    .init(
      "§6.2: HEADERS with more padding than they are long",
      [Frame(.headers, flags: Frame.endHeaders | Frame.padded, streamID: 1, payload: [UInt8(block.count) + 1] + block)],
      .streamError(protocolError)),
    .init("§6.3: PRIORITY on stream 0", [Frame(.priority, payload: priority)], .connectionError(protocolError)),
    .init(
      "§6.3: PRIORITY of four bytes", [headers(end: false), Frame(.priority, streamID: 1, payload: [0, 0, 0, 0])],
      .streamError(frameSize)),
    .init("§6.4: RST_STREAM on stream 0", [.reset(0, code: 8)], .connectionError(protocolError)),
    .init(
      "§6.4: RST_STREAM of three bytes", [headers(end: false), Frame(.reset, streamID: 1, payload: [0, 0, 0])],
      .connectionError(frameSize)),
    .init(
      "§6.5: SETTINGS with ACK and a payload", [Frame(.settings, flags: Frame.ack, payload: [0, 1, 0, 0, 16, 0])],
      .connectionError(frameSize)),
    .init(
      "§6.5: SETTINGS on a stream", [Frame(.settings, streamID: 1, payload: [0, 1, 0, 0, 16, 0])],
      .connectionError(protocolError)),
    .init("§6.5: SETTINGS of three bytes", [Frame(.settings, payload: [0, 3, 0])], .connectionError(frameSize)),
    .init("§6.5.2: SETTINGS_ENABLE_PUSH of 2", [.settings([(2, 2)])], .connectionError(protocolError)),
    .init("§6.5.2: SETTINGS_INITIAL_WINDOW_SIZE of 2³¹", [.settings([(4, 1 << 31)])], .connectionError(flowControl)),
    .init("§6.5.2: SETTINGS_MAX_FRAME_SIZE of 16,383", [.settings([(5, 16_383)])], .connectionError(protocolError)),
    .init("§6.5.2: SETTINGS_MAX_FRAME_SIZE of 2²⁴", [.settings([(5, 1 << 24)])], .connectionError(protocolError)),
    .init("§6.5.2: an unknown setting", [.settings([(0xff, 1)])], .life),
    .init("§6.5.3: the last of several values counts", [.settings([(4, 100), (4, 1)]), headers()], .data([1])),
    .init("§6.5.3: SETTINGS are acknowledged", [.settings([(4, 100)])], .settingsAck),
    .init("§6.7: an unsolicited PING answer", [.ping(3, isAck: true)], .life),
    .init(
      "§6.7: PING on a stream", [Frame(.ping, streamID: 1, payload: [UInt8](repeating: 0, count: 8))],
      .connectionError(protocolError)),
    .init(
      "§6.7, §5.4.1: PING of six bytes", [Frame(.ping, payload: [UInt8](repeating: 0, count: 6))],
      .connectionError(frameSize)),
    .init(
      "§6.8: GOAWAY on a stream", [Frame(.goaway, streamID: 1, payload: [UInt8](repeating: 0, count: 8))],
      .connectionError(protocolError)),
    .init(
      "§6.10: CONTINUATION, then another frame",
      [headers(flags: 0), continuation(end: false), .data(1, [1], endStream: true)], .connectionError(protocolError)),
    .init("§6.10: CONTINUATION on stream 0", [headers(flags: 0), continuation(0)], .connectionError(protocolError)),
    .init(
      "§6.10: CONTINUATION after END_HEADERS", [headers(end: false), continuation()], .connectionError(protocolError)),
    .init(
      "§6.10: CONTINUATION after a CONTINUATION with END_HEADERS",
      [headers(end: false, flags: 0), continuation(), continuation()], .connectionError(protocolError)),
    .init(
      "§6.10: CONTINUATION after DATA", [headers(1, post, end: false), .data(1, [1]), continuation()],
      .connectionError(protocolError)),
    .init("§7: GOAWAY with an unknown code", [.goaway(last: 0, code: 0xff)], .lifeOrEnd),
    .init("§7: RST_STREAM with an unknown code", [headers(end: false), .reset(1, code: 0xff)], .life),
  ]

  // MARK: §6.9

  private static let wide: UInt32 = 0x7fff_ffff

  private static let flowControlCases: [HTTP2Case] = [
    .init("§6.9: WINDOW_UPDATE of 0", [.windowUpdate(0, 0)], .connectionError(protocolError)),
    .init(
      "§6.9: WINDOW_UPDATE of 0 on a stream", [headers(end: false), .windowUpdate(1, 0)], .streamError(protocolError)),
    .init(
      "§6.9: WINDOW_UPDATE of three bytes", [Frame(.windowUpdate, payload: [0, 0, 1])], .connectionError(frameSize)),
    .init("§6.9.1: no more than the window is sent", [headers()], .data([1]), settings: [(4, 1)]),
    .init(
      "§6.9.1: a connection's window above 2³¹−1", [.windowUpdate(0, wide), .windowUpdate(0, wide)],
      .connectionError(flowControl)),
    .init(
      "§6.9.1: a stream's window above 2³¹−1", [headers(end: false), .windowUpdate(1, wide), .windowUpdate(1, wide)],
      .streamError(flowControl)),
    .init("§6.9.2: windows change with SETTINGS", [headers(), .settings([(4, 1)])], .data([1]), settings: [(4, 0)]),
    .init(
      "§6.9.2: a window may be negative", [headers()], .data([3, 1]), settings: [(4, 3)],
      then: [.settings([(4, 2)]), .windowUpdate(1, 2)]),
  ]

  // MARK: §8

  private static let messages: [HTTP2Case] = [
    .init(
      "§8.1: trailers without END_STREAM",
      [headers(1, post, end: false), .data(1, [1]), headers(1, [("x", "y")], end: false)],
      .streamError(protocolError)),
    malformed("§8.2.1: a name in upper case", get + [("X-Test", "ok")]),
    malformed("§8.3: an unknown pseudo-header", get + [(":test", "ok")]),
    malformed("§8.3: a pseudo-header of responses", get + [(":status", "200")]),
    .init(
      "§8.3: a pseudo-header in trailers",
      [headers(1, post, end: false), .data(1, [1]), headers(1, [(":method", "200")])],
      .streamError(protocolError)),
    malformed("§8.3: a pseudo-header after others", get.filter { $0.0 != ":path" } + [("x", "y"), (":path", "/")]),
    malformed("§8.2.2: connection", get + [("connection", "keep-alive")]),
    malformed("§8.2.2: te other than trailers", get + [("te", "trailers, deflate")]),
    malformed("§8.3.1: an empty :path", get.map { $0.0 == ":path" ? (":path", "") : $0 }),
    malformed("§8.3.1: no :method", without(":method")), malformed("§8.3.1: no :scheme", without(":scheme")),
    malformed("§8.3.1: no :path", without(":path")), malformed("§8.3.1: two :method", [(":method", "GET")] + get),
    malformed("§8.3.1: two :scheme", [(":scheme", "http")] + get),
    malformed("§8.3.1: two :path", [(":path", "/")] + get),
    .init(
      "§8.1.1: more DATA than content-length",
      [headers(1, post + [("content-length", "1")], end: false), .data(1, [1, 2, 3, 4], endStream: true)],
      .streamError(protocolError)),
    .init(
      "§8.1.1: several DATA that do not match content-length",
      [
        headers(1, post + [("content-length", "9")], end: false), .data(1, [1, 2, 3, 4]),
        .data(1, [1, 2, 3, 4], endStream: true),
      ],
      .streamError(protocolError)),
    .init(
      "§8.4: PUSH_PROMISE of a client",
      [Frame(.pushPromise, flags: Frame.endHeaders, streamID: 1, payload: [0, 0, 0, 2] + block)],
      .connectionError(protocolError)),
    .init(
      "§8.4: PUSH_PROMISE of a client on its stream",
      [headers(end: false), Frame(.pushPromise, flags: Frame.endHeaders, streamID: 1, payload: [0, 0, 0, 2] + block)],
      .connectionError(protocolError)),
  ]

  // MARK: HPACK

  private static func coded(_ name: String, _ bytes: [UInt8]) -> HTTP2Case {
    .init(name, [headers(block: bytes)], .connectionError(compression))
  }

  /// A field “x” whose value is “x” in Huffman code, 1111001, and the bits after its seven.
  private static func huffman(_ value: [UInt8]) -> [UInt8] { [0, 1, 0x78, 0x80 | UInt8(value.count)] + value }

  private static let hpack: [HTTP2Case] = [
    coded("RFC 7541 §2.3.3: an index beyond the table", [0x80 | 70]),
    coded("RFC 7541 §2.3.3: a name's index beyond the table", [0x7f, 7, 1, 0x78]),
    coded("RFC 7541 §4.2: a change of the table's size at the end", [0x21]),
    coded("RFC 7541 §5.2: Huffman code with more than seven bits of padding", huffman([0xf3, 0xff])),
    coded("RFC 7541 §5.2: Huffman code padded with zeros", huffman([0xf2])),
    coded("RFC 7541 §5.2: Huffman code with EOS", huffman([0xf3, 0xff, 0xff, 0xff, 0xff])),
    coded("RFC 7541 §6.1: the index 0", [0x80]),
    .init(
      "RFC 7541 §6.3: a table larger than SETTINGS_HEADER_TABLE_SIZE",
      [Frame(.headers, flags: Frame.endHeaders | Frame.endStream, streamID: 1, payload: [0x3f, 0xe2, 0x1f] + block)],
      .connectionError(compression)),
  ]

  // MARK: What is allowed

  private static func field(_ name: String, _ bytes: [UInt8]) -> HTTP2Case {
    .init(name, [headers(block: bytes)], .answer)
  }

  private static let harmless: [HTTP2Case] = [
    .init("PRIORITY on an idle stream", [Frame(.priority, streamID: 1, payload: priority)], .life),
    .init(
      "PRIORITY on an idle stream, then HEADERS of a lower one",
      [Frame(.priority, streamID: 3, payload: priority), headers()], .answer),
    .init(
      "PRIORITY of all kinds",
      [
        Frame(.priority, streamID: 1, payload: [0, 0, 0, 0, 0]),
        Frame(.priority, streamID: 1, payload: [0, 0, 0, 0, 255]),
        Frame(.priority, streamID: 3, payload: [0, 0, 0, 1, 255]),
        Frame(.priority, streamID: 5, payload: [0x80, 0, 0, 1, 255]), headers(),
      ], .answer),
    .init("WINDOW_UPDATE on a half-closed stream", [headers(), .windowUpdate(1, 1)], .data([1]), settings: [(4, 0)]),
    .init(
      "PRIORITY on a half-closed stream",
      [headers(), Frame(.priority, streamID: 1, payload: priority), .windowUpdate(1, 1)], .data([1]), settings: [(4, 0)]
    ),
    .init("RST_STREAM on a half-closed stream", [headers(), .reset(1, code: 8)], .life, settings: [(4, 0)]),
    .init("WINDOW_UPDATE on the connection", [.windowUpdate(0, 1), headers()], .answer),
    .init("WINDOW_UPDATE on a stream", [headers(end: false), .windowUpdate(1, 1)], .answer),
    .init("GOAWAY", [.goaway(last: 0)], .lifeOrEnd),
    .init("GET", [headers()], .answer), .init("HEAD", [headers(1, request("HEAD"))], .answer),
    .init("POST", [headers(1, post, end: false), .data(1, [1], endStream: true)], .answer),
    .init(
      "POST in several DATA", [headers(1, post, end: false), .data(1, [1]), .data(1, [2], endStream: true)], .answer),
    .init("POST with padding", [headers(1, post, end: false), .data(1, [1], endStream: true, padding: 7)], .answer),
    .init(
      "POST with its content-length",
      [headers(1, post + [("content-length", "4")], end: false), .data(1, [1, 2, 3, 4], endStream: true)], .answer),
    .init(
      "POST with trailers",
      [headers(1, post + [("trailer", "x")], end: false), .data(1, [1]), headers(1, [("x", "y")])], .answer),
    .init("POST that does not end", [headers(1, post, end: false)], .answer),
    .init(
      "HEADERS with padding", [Frame(.headers, flags: 0xd, streamID: 1, payload: [3] + block + [0, 0, 0])], .answer),
    .init("HEADERS with a priority", [Frame(.headers, flags: 0x25, streamID: 1, payload: priority + block)], .answer),
    .init("HEADERS and CONTINUATION", [headers(flags: 0), continuation()], .answer),
    .init("HEADERS and several CONTINUATION", [headers(flags: 0), continuation(end: false), continuation()], .answer),
    field("a field by its index", [0x90]), field("an indexed field with the name of another", [0x40 | 38, 1, 0x78]),
    field("the same in Huffman code", [0x40 | 38, 0x81, 0xf3]),
    field("an indexed field with a new name", [0x40, 1, 0x78, 1, 0x78]),
    field("the same in Huffman code, name and value", [0x40, 0x81, 0xf3, 0x81, 0xf3]),
    field("a field with the name of another, not indexed", [0x0f, 23, 1, 0x78]),
    field("the same in Huffman code", [0x0f, 23, 0x81, 0xf3]),
    field("a field with a new name, not indexed", [0, 1, 0x78, 1, 0x78]),
    field("the same in Huffman code", huffman([0xf3])),
    field("a field with the name of another, never indexed", [0x1f, 23, 1, 0x78]),
    field("a field with a new name, never indexed", [0x10, 1, 0x78, 0x81, 0xf3]),
    .init("a change of the table's size", [Frame(.headers, flags: 0x5, streamID: 1, payload: [0x20] + block)], .answer),
    .init(
      "several changes of the table's size",
      [Frame(.headers, flags: 0x5, streamID: 1, payload: [0x20, 0x3f, 0xe1, 0x1f] + block)], .answer),
  ]
}
