// The parsers, and what holds for each whatever it reads.
import FreshetCore
import FreshetHTTP
import FreshetWeb
import Fuzzing
import NIOCore

enum Verdict {
  case taken, refused
  case broken(law: String)
}

struct WebSubject: Sendable {
  var name: String
  var samples: [[UInt8]]
  var words: [String]
  /// The mutator says where the input is cut.
  var parse: @Sendable ([UInt8], inout Mutator) -> Verdict

  static let all =
    [
      head, query, trailers, base64, end, error, details, splitter, endFrame, http1Response, grpcWebResponse,
      connectStreamResponse, carrier,
    ] + wires + tunnels

  static func bytes(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

  // MARK: Heads

  private static let head = WebSubject(
    name: "head",
    samples: bytes(
      ":method: POST\n:path: /a.B/C\ncontent-type: application/grpc-web-text+proto; charset=utf-8\naccept: */*",
      ":method: GET\n:path: /a.B/C?connect=v1&encoding=json&message=%7B%7D\naccept-encoding: gzip;q=0.5, br",
      ":method: OPTIONS\n:scheme: https\n:authority: a:443\norigin: https://b.example\naccess-control-request-method: POST",
      ":method: POST\n:path: /a.B/C\ncontent-type: application/connect+json\nconnect-timeout-ms: 200\nx-bin: AQ==,Ag"),
    words: [
      ":", ";", ",", "\"", "\\", "=", "+", "/", "content-type: ", "origin: null", "upgrade: websocket", "charset=",
      "connection: x-bin", "connect-protocol-version: 1", "content-encoding: gzip", "application/proto", "PUT", "q=0",
      "access-control-request-headers: *", "sec-fetch-site: same-origin", "\u{FF}", "\0", "text", "http://[::1]",
    ]
  ) { input, _ in
    let fields = fields(input)
    let method = WebMethod(kind: .unary, idempotency: .noSideEffects, formats: ["proto", "json"])
    _ = WebMetadata.readConnectResponse(fields)
    let policy = CORSPolicy { $0.origins = ["https://b.example"] }
    var answer = HeaderFields()
    policy.append(to: &answer, policy.judge(fields))
    _ = try? policy.preflight(fields)
    var fault: WebFault?
    do throws(WebChoice.Refused) {
      let choice = try WebChoice.read(fields) { path in path.count == 6 ? method : nil }
      do throws(WebFault) { _ = try ConnectHead(fields, choice.speaks, .standard) } catch { fault = error }
    } catch {
      fault = error.fault
    }
    guard let fault else { return .taken }
    let hasStatus = WebRefusal(fault, to: .connectUnary).head.first(":status") != nil
    return hasStatus ? .refused : .broken(law: "a refusal has a status")
  }

  static func fields(_ input: [UInt8]) -> HeaderFields {
    var fields = HeaderFields()
    for line in input.split(separator: UInt8(ascii: "\n")) {
      let name = line.dropFirst().firstIndex(of: UInt8(ascii: ":")).map { line[..<$0] } ?? line
      let value = line[name.endIndex...].drop { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: " ") }
      name.withUnsafeBytes { name in value.withUnsafeBytes { fields.append(name, $0) } }
    }
    return fields
  }

  private static let query = WebSubject(
    name: "query",
    samples: bytes(
      "/a.B/C?connect=v1&encoding=json&message=%7B%22a%22%3A1%7D",
      "/a.B/C?connect=v1&base64=1&compression=gzip&encoding=proto&message=-_8%3D"),
    words: [
      "%", "&", "=", "?", "+", "%00", "%ff", "connect=v1", "base64=1", "message=", "encoding=", "json", "A", "\u{FF}",
    ]
  ) { input, _ in
    guard let query = try? ConnectQuery(path: input) else { return .refused }
    var canonical = query
    if canonical.compression == "identity" { canonical.compression = "" }
    guard let again = try? ConnectQuery(path: query.path(of: "/a.B/C").utf8), again == canonical else {
      return .broken(law: "a query that was written reads as before")
    }
    return .taken
  }

  // MARK: Ends

  private static let trailers = WebSubject(
    name: "trailers", samples: bytes("grpc-status: 0\r\ngrpc-message: a%20b\r\nX-T:2\r\n\r\nx-bin: AQ\r\n"),
    words: ["\r", "\n", ":", " ", "\t", "\0", "grpc-status", "\u{FF}"]
  ) { input, _ in
    guard let fields = try? GRPCWebTrailers.read(input) else { return .refused }
    var isClean = true
    fields.forEach { name, value in
      if name.isEmpty || value.contains(0x0A) || value.contains(0x0D) || value.contains(0) { isClean = false }
    }
    return isClean ? .taken : .broken(law: "a value ends before its line does")
  }

  private static let endWords = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "null", "true", "1e5", "\"error\":",
    "\"code\":",
    "\"metadata\":", "\"details\":", "\"x-bin\":", "not_found", "\u{FF}", "\0", "[[[[[[[[", "{\"a\":", " ",
  ]

  private static let end = WebSubject(
    name: "end",
    samples: bytes(
      "{}", #"{"error":{"code":"unavailable","message":"mid","details":[{"type":"a.B","value":"AQ"}]}}"#,
      #"{"metadata":{"a":["1","\u00e4\ud83d\ude00"],"x-bin":["AQ==","AQ,Ag"]},"error":null}"#),
    words: endWords
  ) { input, _ in
    guard let end = try? ConnectEnd.read(input) else { return .refused }
    var json = ByteBuffer()
    end.write(to: &json)
    // Values of one key are written together, so the order of keys is that of their first values.
    guard let again = try? ConnectEnd.read(json.readableBytesView), again.error == end.error,
      end.metadata.allSatisfy({ entry in values(again.metadata, entry.key) == values(end.metadata, entry.key) })
    else { return .broken(law: "an end that was written reads as before") }
    return .taken
  }

  private static func values(_ metadata: Metadata, _ key: String) -> [MetadataValue] {
    metadata.filter { $0.key == key }.map(\.value)
  }

  private static let error = WebSubject(
    name: "error",
    samples: bytes(#"{"code":"not_found","message":"no","details":[{"type":"a.B","value":"AQ","debug":{"a":1}}]}"#),
    words: endWords
  ) { input, _ in
    let error = ConnectError.read(input, isJSON: true, httpStatus: 418)
    guard ConnectError.read(error.json.readableBytesView, isJSON: true, httpStatus: 200) == error else {
      return .broken(law: "an error that was written reads as before")
    }
    return error.code == .unknown ? .refused : .taken
  }

  private static let details = WebSubject(
    name: "details",
    samples: [
      StatusDetails.write(
        code: 5, message: "no", [StatusDetail(type: "a.B", value: [1, 2]), StatusDetail(type: "c.D", value: [])])
    ], words: ["\u{1}", "\u{A}", "\u{12}", "\u{1A}", "\u{7F}", "\u{80}", "\u{FF}", "a.B", "/"]
  ) { input, _ in
    let details = StatusDetails.read(input)
    guard StatusDetails.read(StatusDetails.write(code: 5, message: "no", details)) == details else {
      return .broken(law: "details that were written read as before")
    }
    return details.isEmpty ? .refused : .taken
  }

  // MARK: Bytes that arrive in pieces

  private static let base64 = WebSubject(
    name: "base64", samples: bytes("AAAAAAMKAXo=AAAAAAMKAXo=", "gAAAAA9ncnBjLXN0YXR1czogMA0K"),
    words: ["=", "==", "A", "\r\n", "-", "_", "Zg==", " ", "\u{FF}"]
  ) { input, mutator in
    compare(input, &mutator) { pieces in
      var runs = Base64Runs(), output = ByteBuffer()
      do {
        for piece in pieces { try piece.withUnsafeBytes { try runs.decode($0, into: &output) } }
        try runs.finish(into: &output)
      } catch { return nil }
      return [Array(buffer: output)]
    }
  }

  private static let splitter = WebSubject(
    name: "splitter",
    samples: bytes(
      #"[{"a":1}, {"b":"]\"}"} ,[1,2], 3, "x", null]"#, #"{"a":[{}]}\#n{"b":"\\"}\#n1 true "a"{}"#),
    words: ["{", "}", "[", "]", ",", "\"", "\\", " ", "\n", "1", "true", "[[[[[[[[", "\u{FF}"]
  ) { input, mutator in
    compare(input, &mutator) { pieces in
      var splitter = JSONSplitter(maxValueBytes: 40, maxDepth: 5), values: [[UInt8]] = []
      do {
        for piece in pieces {
          splitter.append(ByteBuffer(bytes: piece))
          while let value = try splitter.next() { values.append(Array(buffer: value)) }
        }
        if let last = try splitter.finish() { values.append(Array(buffer: last)) }
      } catch { return nil }
      return values.allSatisfy { (1...40).contains($0.count) } ? values : []
    }
  }

  private static let endFrame = WebSubject(
    name: "end frame",
    samples: [[0, 0, 0, 0, 3, 1, 2, 3, 1, 0, 0, 0, 0, 0x80, 0, 0, 0, 2, 65, 66], [0x81, 0, 0, 0, 0]],
    words: ["\0", "\u{1}", "\u{2}", "\0\0\0\0\0", "\0\0\0\u{1}", "\u{FF}"]
  ) { input, mutator in
    compare(input, &mutator) { pieces in
      var frame = EndFrame(flag: GRPCWebTrailers.flag, maxBytes: 50), messages = ByteBuffer()
      do {
        for piece in pieces { try piece.withUnsafeBytes { try frame.take($0, into: &messages) } }
        let end = try frame.finish()
        return [Array(buffer: messages), end.map { Array(buffer: $0.bytes) } ?? []]
      } catch { return nil }
    }
  }

  /// Reads the input at once and in pieces, which has to come to the same.
  static func compare(
    _ input: [UInt8], _ mutator: inout Mutator, _ read: ([[UInt8]]) -> [[UInt8]]?
  ) -> Verdict {
    var pieces: [[UInt8]] = [], rest = input[...]
    while !rest.isEmpty {
      let piece = rest.prefix(1 + mutator.index(below: 12))
      pieces.append(Array(piece))
      rest = rest.dropFirst(piece.count)
    }
    let whole = read([input])
    guard read(pieces) == whole else { return .broken(law: "pieces read as the whole does (\(pieces.map(\.count)))") }
    return whole == nil ? .refused : .taken
  }
}
