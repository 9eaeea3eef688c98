// Autobahn's cases as transcripts (web.md W98): what the fuzzer sends, and what an echo writes.
import WebSocketFuzzing

/// A conversation with an echo.
struct Transcript: Sendable, CustomStringConvertible {
  /// Autobahn's number of the case.
  let id: String
  let sent: [RawFrame]
  /// Data frames in order; control frames may come between any of them.
  var echoed: [String] = []
  var pongs: [String] = []
  let close: String

  var description: String { id }

  init(
    _ id: String, _ sent: [RawFrame], echoed: [String] = [], pongs: [String] = [], close: String = "close 1000"
  ) {
    (self.id, self.sent, self.echoed, self.pongs, self.close) = (id, sent, echoed, pongs, close)
  }

  func bytes(masked: Bool) -> [UInt8] { sent.flatMap { $0.bytes(masked: masked) } }

  static let all =
    messages + pings + reservedBits + reservedOpcodes + fragments + texts + sequences + closes + closeCodes

  private static let stop = RawFrame.close(1000)
  private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  /// 1.1, 1.2
  static let messages = [0, 125, 126, 127, 128, 65_535, 65_536].enumerated().flatMap { (number, size) in
    [
      Transcript(
        "1.1.\(number + 1)", [.text(repeated("*", size)), stop],
        echoed: [RawFrame.text(repeated("*", size)).description]),
      Transcript(
        "1.2.\(number + 1)", [.binary([UInt8](repeating: 0xFE, count: size)), stop],
        echoed: [RawFrame.binary([UInt8](repeating: 0xFE, count: size)).description]),
    ]
  }

  /// 2
  static let pings: [Transcript] = [
    Transcript("2.1", [.ping(), stop], pongs: ["pong "]),
    Transcript("2.2", [.ping("Hello, world!"), stop], pongs: ["pong Hello, world!"]),
    Transcript(
      "2.3", [RawFrame(0x89, [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF]), stop],
      pongs: [RawFrame(0x8A, [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF]).description]),
    Transcript("2.4", [.ping(repeated("p", 125)), stop], pongs: ["pong of 125"]),
    Transcript("2.5", [.ping(repeated("p", 126)), stop], close: "close 1002"),
    Transcript("2.7", [.pong(), stop]),
    Transcript("2.8", [.pong("unsolicited"), stop]),
    Transcript("2.9", [.pong("unsolicited"), .ping("ping"), stop], pongs: ["pong ping"]),
    Transcript(
      "2.10", (0..<10).map { .ping("payload-\($0)") } + [stop], pongs: (0..<10).map { "pong payload-\($0)" }),
  ]

  /// 3: bits that no extension was agreed on for.
  static let reservedBits: [Transcript] = [
    Transcript("3.1", [RawFrame(0x81 | 1 << 4, "Hello"), stop], close: "close 1002"),
    Transcript(
      "3.2", [.text("Hello"), RawFrame(0x81 | 2 << 4, "Hello"), .ping()], echoed: ["text Hello"], close: "close 1002"),
    Transcript(
      "3.3", [.text("Hello"), RawFrame(0x81 | 3 << 4, "Hello"), .ping()], echoed: ["text Hello"], close: "close 1002"),
    Transcript(
      "3.4", [.text("Hello"), RawFrame(0x81 | 4 << 4, "Hello"), .ping()], echoed: ["text Hello"], close: "close 1002"),
    Transcript("3.5", [RawFrame(0x82 | 5 << 4, "Hello"), stop], close: "close 1002"),
    Transcript("3.6", [RawFrame(0x89 | 6 << 4, "Hello"), stop], close: "close 1002"),
    Transcript("3.7", [RawFrame(0x88 | 7 << 4, [0x03, 0xE8])], close: "close 1002"),
  ]

  /// 4
  static let reservedOpcodes: [Transcript] = [(1, 3), (2, 11)].flatMap { (section, first) in
    (0..<5).map { number in
      let opcode = UInt8(0x80 + first + number)
      return Transcript(
        "4.\(section).\(number + 1)",
        (number > 1 ? [.text("Hello")] : []) + [RawFrame(opcode, number % 2 == 0 ? "" : "payload"), .ping()],
        echoed: number > 1 ? ["text Hello"] : [], close: "close 1002")
    }
  }

  /// 5
  static let fragments: [Transcript] = [
    Transcript("5.1", [RawFrame(0x09, "f1"), RawFrame(0x80, "f2")], close: "close 1002"),
    Transcript("5.2", [RawFrame(0x0A, "f1"), RawFrame(0x80, "f2")], close: "close 1002"),
    Transcript("5.3", [RawFrame(0x01, "f1"), RawFrame(0x80, "f2"), stop], echoed: ["text f1f2"]),
    Transcript(
      "5.6", [RawFrame(0x01, "f1"), .ping("ping"), RawFrame(0x80, "f2"), stop], echoed: ["text f1f2"],
      pongs: ["pong ping"]),
    Transcript("5.9", [RawFrame(0x80, "none"), .text("Hello"), stop], close: "close 1002"),
    Transcript("5.12", [RawFrame(0x00, "none"), .text("Hello"), stop], close: "close 1002"),
    Transcript(
      "5.15", [RawFrame(0x01, "f1"), RawFrame(0x80, "f2"), RawFrame(0x00, "f3"), RawFrame(0x01, "f4")],
      echoed: ["text f1f2"], close: "close 1002"),
    Transcript(
      "5.16", [RawFrame(0x00, "f1"), RawFrame(0x01, "f2"), RawFrame(0x80, "f3")], close: "close 1002"),
    Transcript("5.17", [RawFrame(0x80, "f1"), RawFrame(0x01, "f2"), RawFrame(0x80, "f3")], close: "close 1002"),
    Transcript("5.18", [RawFrame(0x01, "f1"), RawFrame(0x81, "f2")], close: "close 1002"),
    Transcript(
      "5.19",
      [
        RawFrame(0x01, "f1"), RawFrame(0x00, "f2"), .ping("p1"), RawFrame(0x00, "f3"), RawFrame(0x00, "f4"),
        .ping("p2"), RawFrame(0x80, "f5"), stop,
      ], echoed: ["text f1f2f3f4f5"], pongs: ["pong p1", "pong p2"]),
  ]

  /// 6.1–6.4
  static let texts: [Transcript] = [
    Transcript("6.1.1", [.text(""), stop], echoed: ["text "]),
    Transcript("6.1.2", [RawFrame(0x01), RawFrame(0x00), RawFrame(0x80), stop], echoed: ["text "]),
    Transcript("6.1.3", [RawFrame(0x01), RawFrame(0x00, "middle"), RawFrame(0x80), stop], echoed: ["text middle"]),
    Transcript("6.2.1", [.text("Hello-µ@ßöäüàá-UTF-8!!"), stop], echoed: ["text Hello-µ@ßöäüàá-UTF-8!!"]),
    Transcript(
      "6.2.2", [RawFrame(0x01, "Hello-µ@ßöä"), RawFrame(0x80, "üàá-UTF-8!!"), stop],
      echoed: ["text Hello-µ@ßöäüàá-UTF-8!!"]),
    Transcript(
      "6.2.3",
      {
        let bytes = Array("Hello-µ@ßöäüàá-UTF-8!!".utf8)
        return bytes.enumerated().map { RawFrame($0 == 0 ? 0x01 : 0x00, [$1]) } + [RawFrame(0x80), stop]
      }(), echoed: ["text Hello-µ@ßöäüàá-UTF-8!!"]),
    Transcript(
      "6.2.4", Array("κόσμε".utf8).enumerated().map { RawFrame($0 == 0 ? 0x01 : 0x00, [$1]) } + [RawFrame(0x80), stop],
      echoed: ["text κόσμε"]),
    Transcript(
      "6.3.1", [RawFrame(0x81, Array("κόσμε".utf8) + [0xED, 0xA0, 0x80] + Array("edited".utf8))], close: "close 1007"),
    Transcript(
      "6.3.2",
      (Array("κόσμε".utf8) + [0xED, 0xA0, 0x80] + Array("edited".utf8)).enumerated()
        .map { RawFrame($0 == 0 ? 0x01 : 0x00, [$1]) }, close: "close 1007"),
    // Without an end: the message must fail before it comes.
    Transcript(
      "6.4.1", [RawFrame(0x01, "κόσμε"), RawFrame(0x00, [0xF4, 0x90, 0x80, 0x80])], close: "close 1007"),
    Transcript("6.4.2", [RawFrame(0x01, Array("κόσμε".utf8) + [0xF4]), RawFrame(0x00, [0x90])], close: "close 1007"),
  ]

  /// 6.5–6.23
  static let sequences = UTF8Sequence.all.enumerated().map { (number, sequence) in
    let frame = RawFrame(0x81, sequence.bytes)
    return Transcript(
      "6.5+\(number)", [frame, stop], echoed: sequence.isValid ? [frame.description] : [],
      close: sequence.isValid ? "close 1000" : "close 1007")
  }

  /// 7.1–7.5
  static let closes: [Transcript] = [
    Transcript("7.1.1", [.text("Hello"), stop], echoed: ["text Hello"]),
    Transcript("7.1.2", [stop, stop]),
    Transcript("7.1.3", [stop, .ping("late")]),
    Transcript("7.1.4", [stop, .text("late")]),
    Transcript("7.1.5", [RawFrame(0x01, "f1"), stop, RawFrame(0x80, "f2")]),
    Transcript(
      "7.1.6", [.text(repeated("BAsd7&jh23", 26_214)), .text("Hello"), stop, .ping()],
      echoed: ["text of 262140", "text Hello"]),
    Transcript("7.3.1", [.close(nil)], close: "close "),
    Transcript("7.3.2", [RawFrame(0x88, "a")], close: "close 1002"),
    Transcript("7.3.3", [.close(1000)]),
    Transcript("7.3.4", [.close(1000, "Hello World!")]),
    Transcript("7.3.5", [.close(1000, repeated("*", 123))]),
    Transcript("7.3.6", [.close(1000, repeated("*", 124))], close: "close 1002"),
    Transcript("7.5.1", [RawFrame(0x88, [0x03, 0xE8] + [0xCE, 0xBA, 0xED, 0xA0, 0x80])], close: "close 1007"),
  ]

  /// 7.7, 7.9, 7.13
  static let closeCodes: [Transcript] =
    answers("7.7", goodCodes) { "close \($0)" } + answers("7.9", badCodes) { _ in "close 1002" }
    + answers("7.13", [5000, 65_535]) { _ in "close 1002" }

  private static let goodCodes: [UInt16] = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999,
  ]
  private static let badCodes: [UInt16] = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]

  private static func answers(_ section: String, _ codes: [UInt16], _ close: (UInt16) -> String) -> [Transcript] {
    codes.enumerated().map { Transcript("\(section).\($0 + 1)", [.close($1)], close: close($1)) }
  }
}
