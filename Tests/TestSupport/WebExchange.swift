// A client of HTTP for tests, which knows no protocol of calls: one request, and all that comes back.
import Foundation

/// A request as it is written.
public struct WebRequest: Sendable {
  public var method: String
  /// With its query.
  public var path: String
  public var fields: [(String, String)]
  /// Sent one after the other.
  public var body: [[UInt8]]
  /// Whether, over HTTP/2, a part of the body waits for one envelope of the response for each part before it.
  public var isInLockstep = false

  public init(_ method: String, _ path: String, _ fields: [(String, String)] = [], body: [[UInt8]] = []) {
    (self.method, self.path, self.fields, self.body) = (method, path, fields, body)
  }
}

/// A response as it was read.
public struct WebResponse: Sendable {
  public var status = 0
  /// Names in lower case; without those of the connection.
  public var fields: [HeaderField] = []
  public var body: [UInt8] = []
  /// Behind the body, in HTTP's own form.
  public var trailers: [HeaderField] = []
  /// Why it is not whole.
  public var breach: String?
  /// Whether the server closes the connection.
  public var isLast = false

  public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// How requests are carried.
public enum WebCarrier: String, Sendable, CaseIterable {
  case http1 = "HTTP/1.1"
  case h2c = "h2c"
  case tlsHTTP1 = "HTTP/1.1 over TLS"
  case tlsHTTP2 = "HTTP/2 over TLS"

  public var usesTLS: Bool { self == .tlsHTTP1 || self == .tlsHTTP2 }
  public var isHTTP2: Bool { self == .h2c || self == .tlsHTTP2 }

  /// Sends a request on a connection of its own.
  public func exchange(
    _ request: WebRequest, port: Int, identity: TestCertificate? = nil
  ) async throws -> WebResponse {
    let carrier = self
    let socket = try await onThread {
      carrier.usesTLS
        ? try TLSTunnel.connected(to: port, alpn: [carrier.isHTTP2 ? "h2" : "http/1.1"], identity: identity)
        : try LoopbackSocket.connected(to: port)
    }
    if isHTTP2 { return try await HTTP2Exchange.run(request, on: socket, scheme: usesTLS ? "https" : "http") }
    return try await onThread { try HTTP1Exchange.run(request, on: RawSocket(descriptor: socket)) }
  }
}

/// Runs what blocks on a thread of its own, since pools have few.
public func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
  }
}

/// HTTP/1.1 by RFC 9112, strictly.
enum HTTP1Exchange {
  static func run(_ request: WebRequest, on socket: RawSocket) throws -> WebResponse {
    let body = request.body.flatMap { $0 }
    var lines = ["\(request.method) \(request.path) HTTP/1.1", "Host: localhost"]
    lines += request.fields.map { "\($0): \($1)" }
    // In one piece its length is known; in several it is chunked.
    let isChunked = request.body.count > 1
    if isChunked {
      lines.append("Transfer-Encoding: chunked")
    } else if !["GET", "HEAD"].contains(request.method) {
      lines.append("Content-Length: \(body.count)")
    }
    socket.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
    if isChunked {
      for part in request.body where !part.isEmpty {
        socket.send(Array("\(String(part.count, radix: 16))\r\n".utf8) + part + Array("\r\n".utf8))
      }
      socket.send(Array("0\r\n\r\n".utf8))
    } else {
      socket.send(body)
    }
    return try read(from: socket, isHead: request.method == "HEAD")
  }

  /// Reads one response, and nothing behind it.
  static func read(from socket: RawSocket, isHead: Bool = false) throws -> WebResponse {
    var reader = Reader(socket)
    while true {
      var response = try head(&reader)
      if (100..<200).contains(response.status) { continue }
      let codings = response.fields.filter { $0.name == "transfer-encoding" }.map(\.value)
      let lengths = response.fields.filter { $0.name == "content-length" }.map(\.value)
      response.isLast = response["connection"] == "close"
      response.fields.removeAll { ["connection", "transfer-encoding", "keep-alive", "date"].contains($0.name) }
      if !codings.isEmpty, !lengths.isEmpty { response.breach = "the response has a length and chunks" }
      if isHead || response.status == 204 || response.status == 304 { return response }
      if !codings.isEmpty {
        try chunks(&reader, &response)
      } else if let length = lengths.first.flatMap({ Int($0) }) {
        response.body = try reader.take(length)
      } else {
        response.isLast = true
        response.body = try reader.rest()
      }
      return response
    }
  }

  private static func head(_ reader: inout Reader) throws -> WebResponse {
    let line = try reader.line()
    guard line.hasPrefix("HTTP/1.1 "), let status = Int(line.dropFirst(9).prefix(3)) else {
      throw PeerFailure(description: "“\(line)” is no status line")
    }
    var response = WebResponse()
    response.status = status
    response.fields = try fields(&reader)
    return response
  }

  private static func fields(_ reader: inout Reader) throws -> [HeaderField] {
    var fields: [HeaderField] = []
    while case let line = try reader.line(), !line.isEmpty {
      guard let colon = line.firstIndex(of: ":"), !line.hasPrefix(" ") else {
        throw PeerFailure(description: "“\(line)” is no field")
      }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      fields.append(HeaderField(line[..<colon].lowercased(), String(value)))
    }
    return fields
  }

  private static func chunks(_ reader: inout Reader, _ response: inout WebResponse) throws {
    do {
      while true {
        let line = try reader.line()
        guard let count = Int(line, radix: 16) else { throw PeerFailure(description: "“\(line)” is no chunk size") }
        if count == 0 { break }
        response.body += try reader.take(count)
        _ = try reader.line()
      }
      response.trailers = try fields(&reader)
    } catch let failure as PeerFailure {
      response.breach = failure.description
    }
  }

  private struct Reader {
    private let socket: RawSocket
    private var bytes: ArraySlice<UInt8> = []

    init(_ socket: RawSocket) { self.socket = socket }

    private mutating func more() throws -> Bool {
      guard let more = socket.read() else { throw PeerFailure(description: "no answer came within 30 s") }
      bytes += more
      return !more.isEmpty
    }

    mutating func line() throws -> String {
      while true {
        if let end = bytes.firstIndex(of: 0x0A) {
          let line = bytes[..<end]
          bytes = bytes[(end + 1)...]
          guard line.last == 0x0D else { throw PeerFailure(description: "a line ends without CR") }
          return String(decoding: line.dropLast(), as: UTF8.self)
        }
        guard try more() else { throw PeerFailure(description: "the connection was closed inside a line") }
      }
    }

    mutating func take(_ count: Int) throws -> [UInt8] {
      while bytes.count < count {
        guard try more() else {
          throw PeerFailure(description: "the connection was closed after \(bytes.count) of \(count) bytes")
        }
      }
      defer { bytes = bytes.dropFirst(count) }
      return Array(bytes.prefix(count))
    }

    mutating func rest() throws -> [UInt8] {
      while try more() {}
      return Array(bytes)
    }
  }
}

/// HTTP/2 by frames, with flow control.
enum HTTP2Exchange {
  static func run(_ request: WebRequest, on socket: CInt, scheme: String) async throws -> WebResponse {
    let peer = try await FramePeer.on(socket: socket, peerIsClient: false, requestMethod: request.method)
    defer { peer.close() }
    let big: UInt32 = 1 << 30
    peer.send(bytes: Frame.preface + Frame.settings([(4, big)]).bytes + Frame.windowUpdate(0, big).bytes)
    var run = Run(peer)
    let pseudo = [
      (":method", request.method), (":scheme", scheme), (":path", request.path), (":authority", "localhost"),
    ]
    let parts = request.body.filter { !$0.isEmpty }
    peer.send(
      Frame.longHeaders(
        1, pseudo + request.fields.map { ($0.0.lowercased(), $0.1) }, endStream: parts.isEmpty))
    for (index, part) in parts.enumerated() {
      if request.isInLockstep { try await run.awaitEnvelopes(index) }
      try await run.send(part, endStream: index + 1 == parts.count)
    }
    while !run.isOver { try await run.receive() }
    return run.response
  }

  private struct Run {
    let peer: FramePeer
    var response = WebResponse()
    var isOver = false
    private var connectionWindow = 65_535
    private var streamWindow = 65_535
    private var hasHead = false

    init(_ peer: FramePeer) { self.peer = peer }

    mutating func send(_ bytes: [UInt8], endStream: Bool) async throws {
      var rest = bytes[...]
      while !rest.isEmpty, !isOver {
        let room = min(connectionWindow, streamWindow, 16_384)
        if room <= 0 {
          try await receive()
          continue
        }
        let part = rest.prefix(room)
        rest = rest.dropFirst(room)
        connectionWindow -= part.count
        streamWindow -= part.count
        peer.send(.data(1, Array(part), endStream: endStream && rest.isEmpty))
      }
    }

    /// Waits until the body has this many envelopes.
    mutating func awaitEnvelopes(_ count: Int) async throws {
      while !isOver, envelopeCount < count { try await receive() }
    }

    private var envelopeCount: Int {
      var rest = response.body[...], count = 0
      while rest.count >= 5 {
        let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
        if rest.count < 5 + length { break }
        rest = rest.dropFirst(5 + length)
        count += 1
      }
      return count
    }

    mutating func receive() async throws {
      let frame = try await peer.next()
      switch (frame.kind, frame.streamID) {
      case (.settings, _) where !frame.isAck:
        for entry in stride(from: 0, to: frame.payload.count, by: 6) where frame.payload[entry + 1] == 4 {
          streamWindow += Int(frame.number(at: entry + 2)) - 65_535
        }
        peer.send(.settingsAck)
      case (.ping, _) where !frame.isAck: peer.send(Frame(.ping, flags: Frame.ack, payload: frame.payload))
      case (.windowUpdate, 0): connectionWindow += Int(frame.number())
      case (.windowUpdate, 1): streamWindow += Int(frame.number())
      case (.headers, 1): receive(frame.fields, isEnd: frame.isEndStream)
      case (.data, 1):
        response.body += frame.payload
        if frame.isEndStream { isOver = true }
      case (.reset, 1):
        // A server that has answered may end the request so (RFC 9113 §8.1).
        if !isOver { response.breach = "RST_STREAM \(frame.number())" }
        isOver = true
      case (.goaway, _): response.isLast = true
      default: break
      }
    }

    private mutating func receive(_ fields: [HeaderField], isEnd: Bool) {
      if hasHead {
        response.trailers = fields
      } else {
        response.status = fields.first { $0.name == ":status" }.flatMap { Int($0.value) } ?? 0
        response.fields = fields.filter { !$0.name.hasPrefix(":") }
        hasHead = true
      }
      if isEnd { isOver = true }
    }
  }
}
