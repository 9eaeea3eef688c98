// Messages that are sent and read in parts, over each carrier on real sockets.
import Freshet
import FreshetTransport
import FreshetWebSocket
import NIOCore
import Synchronization
import TestSupport
import Testing
import WebSocketFuzzing

@testable import FreshetWeb

@Suite(.timeLimit(.minutes(3))) struct WebSocketPartsTests {
  /// The most of each that was seen.
  private struct Peaks: Sendable {
    var part = 0
    var buffered = 0
    var unread = 0
    var unsent = 0

    mutating func see(_ stream: TransportStream, part: Int = 0) async {
      let (buffered, unread) = await stream.executor.call { (stream.bufferedBytes, stream.unreadBytes) }
      self.part = max(self.part, part)
      self.buffered = max(self.buffered, buffered)
      self.unread = max(self.unread, unread)
      unsent = max(unsent, stream.unsentBytes)
    }
  }

  /// Bytes that tell their place, with a period that no part has.
  private static let period = 65_521
  private static let pattern = (0..<(period + (1 << 20))).map { index in
    UInt8(truncatingIfNeeded: (index % period) >> 4 ^ (index % period) >> 11)
  }

  private static func pattern(from start: Int, _ count: Int) -> ByteBuffer {
    ByteBuffer(bytes: pattern[(start % period)..<(start % period + count)])
  }

  private static func isPattern(_ bytes: ByteBuffer, from start: Int) -> Bool {
    bytes == pattern(from: start, bytes.readableBytes)
  }

  /// Serves one handler, and passes a client's WebSocket to `body`.
  private func open<Result: Sendable>(
    _ carrier: SocketCarrier = .http1, deflate: Bool = false, maxMessageBytes: Int = 4 << 20,
    observers: [any ServerObserver] = [],
    handler: @escaping @Sendable (WebSocket, WebSocketRequest) async throws -> Void,
    _ body: (WebSocket) async throws -> Result
  ) async throws -> Result {
    let compression = deflate ? DeflateOptions(minimumBytes: 0) : nil
    let web = WebConfiguration {
      let options = WebSocketOptions {
        $0.compression = compression
        $0.limits.maxMessageBytes = maxMessageBytes
        $0.closeTimeout = .seconds(60)
        $0.pingInterval = nil
      }
      $0.webSocket("/", options: options, handler)
    }
    var options = carrier.options
    options.compression = compression
    return try await withWebServer(tls: carrier.usesTLS, web: web, observers: observers) { port in
      try await WebSocket.connect(carrier.url(port, "/"), options: options, body)
    }
  }

  /// Serves one handler, and passes a client that is made by hand to `body`.
  private func openRaw<Result: Sendable>(
    _ configure: (inout WebSocketOptions) -> Void = { _ in },
    handler: @escaping @Sendable (WebSocket) async throws -> Void,
    _ body: @escaping @Sendable (RawWebSocket) throws -> Result
  ) async throws -> Result {
    var options = WebSocketOptions {
      $0.closeTimeout = .seconds(60)
      $0.pingInterval = nil
    }
    configure(&options)
    let web = WebConfiguration { $0.webSocket("/", options: options) { socket, _ in try await handler(socket) } }
    return try await withWebServer(web: web) { port in
      try await onThread { try body(RawWebSocket(port: port)) }
    }
  }

  // MARK: Large messages

  @Test(
    arguments: [(SocketCarrier.http1, false, 64), (.http2, false, 16), (.http1, true, 8), (.tlsHTTP2, true, 8)])
  func `a message of many MiB goes there and back, and little of it is in memory`(
    _ carrier: SocketCarrier, deflate: Bool, mebibytes: Int
  ) async throws {
    let size = mebibytes << 20, server = Mutex(Peaks())
    try await open(carrier, deflate: deflate) { socket, request in
      var peaks = Peaks(), count = 0
      try await socket.send(.binary) { writer in
        for try await part in socket.parts {
          try await writer.write(part.bytes)
          count += 1
          if count % 16 == 0 { await peaks.see(request.context.stream, part: part.bytes.readableBytes) }
          if part.isLast { break }
        }
      }
      server.withLock { [peaks] in $0 = peaks }
    } _: { socket async throws in
      var peaks = Peaks(), received = 0
      async let sending: Void = socket.send(.binary) { writer in
        var sent = 0
        while sent < size {
          try await writer.write(Self.pattern(from: sent, min(100_000, size - sent)))
          sent = min(size, sent + 100_000)
        }
      }
      var count = 0
      for try await part in socket.parts {
        try #require(Self.isPattern(part.bytes, from: received), "wrong after \(received) bytes")
        received += part.bytes.readableBytes
        count += 1
        if count % 16 == 0 { await peaks.see(socket.end.stream, part: part.bytes.readableBytes) }
        if part.isLast { break }
      }
      try await sending
      #expect(received == size)
      for peaks in [peaks, server.withLock { $0 }] {
        print("parts over \(carrier), \(deflate ? "compressed" : "plain"): \(peaks)")
        // A KiB of compressed bytes may become a MiB.
        #expect(peaks.part <= (deflate ? 1 << 20 : 16 << 10))
        #expect(peaks.buffered <= (512 << 10) + (deflate ? 1 << 20 : 64 << 10))
        // The window of a reader that keeps up grows, and twice a read may wait over HTTP/1.1.
        #expect(peaks.unread <= (carrier.options.http == .http2 ? 16 << 20 : 512 << 10))
        #expect(peaks.unsent <= (64 << 10) + 2 * (16 << 10))
      }
    }
  }

  @Test(arguments: SocketCarrier.allCases)
  func `an empty message is one part, and one empty message`(_ carrier: SocketCarrier) async throws {
    try await open(carrier) { socket, _ in
      for try await part in socket.parts {
        try await socket.send(part.kind) { writer in try await writer.write(part.bytes) }
      }
    } _: { socket async throws in
      var messages = socket.messages.makeAsyncIterator()
      try await socket.send("")
      #expect(try await messages.next() == .text(""))
      try await socket.send(.binary) { _ in }
      #expect(try await messages.next() == .binary(ByteBuffer()))
      try await socket.send(.text) { writer in try await writer.flush() }
      #expect(try await messages.next() == .text(""))
    }
  }

  @Test(arguments: [false, true])
  func `text may be cut anywhere when it is written, and is whole code points when it is read`(
    deflate: Bool
  ) async throws {
    let text = String(repeating: "aé€\u{1F600}", count: 500)
    try await open(deflate: deflate) { socket, _ in
      var all = "", count = 0
      for try await part in socket.parts {
        #expect(String(validating: part.bytes.readableBytesView, as: UTF8.self) != nil)
        all += part.text
        count += 1
        if part.isLast { break }
      }
      try await socket.send("\(all == text) \(count > 1)")
    } _: { socket async throws in
      try await socket.send(.text) { writer in
        for (number, byte) in text.utf8.enumerated() {
          try await writer.write(ByteBuffer(bytes: [byte]))
          if number % 7 == 0 { try await writer.flush() }
        }
      }
      var texts = socket.texts.makeAsyncIterator()
      #expect(try await texts.next() == "true true")
    }
  }

  @Test func `small writes become one fragment, and flush sends what there is`() async throws {
    let frames = try await openRaw { socket async throws in
      try await socket.send(.text) { writer in
        try await writer.write("a")
        try await writer.write("b")
        try await writer.flush()
        try await writer.write("c")
      }
    } _: { client throws in
      var frames: [RawFrame] = []
      while frames.last?.first != 0x88 { frames.append(try client.read()) }
      client.send(.close())
      return frames
    }
    #expect(frames == [RawFrame(0x01, "ab"), RawFrame(0x80, "c"), .close()])
  }

  // MARK: Several senders

  @Test func `§5.4: other messages wait for one that is being written; pings do not`() async throws {
    let goOn = Gate()
    let frames = try await openRaw { socket async throws in
      let isOpen = Signal<Void>(), mayEnd = Signal<Void>()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await socket.send(.text) { writer in
            try await writer.write("begun ")
            try await writer.flush()
            isOpen.set()
            try await mayEnd.value()
            try await writer.write("ended")
          }
        }
        try await isOpen.value()
        for _ in 0..<10 { group.addTask { try await socket.send("other") } }
        try await socket.ping()
        try await onThread { goOn.pass() }
        mayEnd.set()
        try await group.waitForAll()
      }
    } _: { client throws in
      var frames = [try client.read(), try client.read()]
      goOn.open()
      while frames.last?.first != 0x88 { frames.append(try client.read()) }
      client.send(.close())
      return frames
    }
    let others = [RawFrame](repeating: .text("other"), count: 10)
    #expect(frames == [RawFrame(0x01, "begun "), .ping(), RawFrame(0x80, "ended")] + others + [.close()])
  }

  @Test func `a task that waits for another's message can be cancelled, and its message is not sent`() async throws {
    let messages = try await open { socket, _ in
      for try await message in socket.messages { try await socket.send(message) }
    } _: { socket async throws in
      let isOpen = Signal<Void>(), goOn = Signal<Void>()
      async let first: Void = socket.send(.text) { writer in
        isOpen.set()
        try await goOn.value()
        try await writer.write("first")
      }
      try await isOpen.value()
      let second = Task { try await socket.send("second") }
      second.cancel()
      let error = await #expect(throws: WebSocketError.self) { try await second.value }
      #expect(error?.kind == .cancelled)
      goOn.set()
      try await first
      try await socket.send("third")
      var messages = socket.messages.makeAsyncIterator()
      return [try await messages.next(), try await messages.next()]
    }
    #expect(messages == [.text("first"), .text("third")])
  }

  @Test func `a close passes a message that is being written, which fails`() async throws {
    let frames = try await openRaw { socket async throws in
      let error = await #expect(throws: WebSocketError.self) {
        try await socket.send(.text) { writer in
          try await writer.write("begun")
          try await writer.flush()
          await socket.finish(CloseCode(rawValue: 4002))
          try await writer.write("ended")
        }
      }
      #expect(error?.kind == .closed)
    } _: { client throws in
      var frames = [try client.read(), try client.read()]
      client.send(.close(4002))
      frames += try client.readToEnd()
      return frames
    }
    #expect(frames == [RawFrame(0x01, "begun"), .close(4002)])
  }

  // MARK: Messages that cannot be completed

  @Test(arguments: [
    (Broken() as any Error, 1011), (WebSocketError(.closed, code: CloseCode(rawValue: 4001), ""), 4001),
  ])
  func `a message whose body throws closes the WebSocket`(_ error: any Error, code: Int) async throws {
    let frames = try await openRaw { socket async throws in
      await #expect(throws: (any Error).self) {
        try await socket.send(.binary) { writer in
          try await writer.write(ByteBuffer(bytes: [1]))
          try await writer.flush()
          throw error
        }
      }
      let later = await #expect(throws: WebSocketError.self) { try await socket.send("late") }
      #expect(later?.kind == .closed)
    } _: { client throws in
      let frames = [try client.read(), try client.read()]
      client.send(frames[1])
      #expect(try client.readToEnd() == [])
      return frames
    }
    #expect(frames == [RawFrame(0x02, [1]), .close(UInt16(code), "a message could not be completed")])
  }

  @Test func `W87: a task that is cancelled within a message closes with 1001`() async throws {
    let task = Mutex<Task<Void, any Error>?>(nil), isFull = Gate()
    let frames = try await openRaw { socket async throws in
      let sending = Task {
        try await socket.send(.binary) { writer in
          let stream = socket.end.stream, chunk = ByteBuffer(repeating: 1, count: 16 << 10)
          while true {
            try await writer.write(chunk)
            // The client does not read, so one of the next waits for good.
            if stream.unsentBytes > 40 << 10 { isFull.open() }
          }
        }
      }
      task.withLock { $0 = sending }
      let error = await #expect(throws: WebSocketError.self) { try await sending.value }
      #expect(error?.kind == .cancelled && error?.code == .goingAway)
    } _: { client throws in
      isFull.pass()
      task.withLock { $0 }?.cancel()
      var frames: [RawFrame] = []
      while frames.last?.first != 0x88 { frames.append(try client.read()) }
      client.send(.close(1001))
      return frames
    }
    #expect(frames[0].first == 0x02 && frames.dropFirst().dropLast().allSatisfy { $0.first == 0x00 })
    #expect(frames.last == .close(1001, "a message could not be completed"))
  }

  @Test func `a text that is not UTF-8 is not sent`() async throws {
    for (bytes, reason) in [
      ([0x61, 0xFF], "after its first 1 bytes"), ([0x61, 0xC3] as [UInt8], "within a code point"),
    ] {
      let frames = try await openRaw { socket async throws in
        let error = await #expect(throws: WebSocketError.self) {
          try await socket.send(.text) { writer in try await writer.write(ByteBuffer(bytes: bytes)) }
        }
        #expect(error?.kind == .invalidText && error?.message.contains(reason) == true)
      } _: { client throws in
        let frame = try client.read()
        client.send(frame)
        return [frame] + (try client.readToEnd())
      }
      #expect(frames == [.close(1011, "a message could not be completed")])
    }
  }

  @Test func `W72: a peer that closes within a message is an error for who reads its parts, whatever its code`()
    async throws
  {
    let ended = Signal<WebSocketError?>()
    _ = try await openRaw { socket async throws in
      var parts = socket.parts.makeAsyncIterator()
      #expect(try await parts.next() == WebSocketPart(.text, ByteBuffer(string: "begun"), isLast: false))
      let error = await #expect(throws: WebSocketError.self) { try await parts.next() }
      #expect(try await parts.next() == nil)
      ended.set(error)
    } _: { client throws in
      client.send(RawFrame(0x01, "begun"), .close(1000))
      return try client.readToEnd()
    }
    let error = try await ended.value()
    #expect(error?.kind == .closedByPeer && error?.code == .normal)
  }

  @Test(arguments: SocketCarrier.allCases)
  func `a peer that closes while a message is written to it makes the writer fail`(_ carrier: SocketCarrier)
    async throws
  {
    let error = Signal<any Error>()
    try await open(carrier) { socket, _ in
      do {
        try await socket.send(.binary) { writer in
          while true { try await writer.write(ByteBuffer(repeating: 1, count: 10_000)) }
        }
      } catch let failure { error.set(failure) }
    } _: { socket async throws in
      var parts = socket.parts.makeAsyncIterator()
      #expect(try await parts.next()?.isLast == false)
      await socket.finish()
    }
    #expect(try await error.value() is WebSocketError)
  }

  // MARK: Reading

  @Test func `readers may change between messages and parts at any time`() async throws {
    let log = Log<String>(), steps = (0..<8).map { _ in Gate() }
    _ = try await openRaw { socket async throws in
      var messages = socket.messages.makeAsyncIterator(), parts = socket.parts.makeAsyncIterator()
      func part() async throws {
        let part = try await parts.next()
        log.append("part \(part?.text ?? "-")\(part?.isLast == true ? "." : "")")
        steps[log.values.count - 1].open()
      }
      func message() async throws {
        let message = try await messages.next()
        log.append(message.map { "\($0)" } ?? "-")
        steps[log.values.count - 1].open()
      }
      try await message()  // a
      try await part()  // b1
      try await part()  // b2
      try await part()  // c1
      try await message()  // d, since the rest of c is skipped
      try await part()  // e, whole
      try await message()  // f, which has begun for a reader of parts
      try await message()  // -
    } _: { client throws in
      client.send(.text("a"), RawFrame(0x01, "b1"))
      steps[1].pass()
      client.send(RawFrame(0x80, "b2"))
      steps[2].pass()
      client.send(RawFrame(0x01, "c1"), RawFrame(0x00, "c2"))
      steps[3].pass()
      client.send(RawFrame(0x80, "c3"), .text("d"))
      steps[4].pass()
      client.send(.text("e"), RawFrame(0x01, "f1"), RawFrame(0x00, "f2"))
      steps[5].pass()
      client.send(RawFrame(0x80, "f3"), .close())
      return try client.readToEnd()
    }
    #expect(
      log.values == [
        "text(\"a\")", "part b1", "part b2.", "part c1", "text(\"d\")", "part e.", "text(\"f1f2f3\")", "-",
      ])
  }

  @Test func `a message whose beginning a cancelled reader has left is continued by the next, whole or in parts`()
    async throws
  {
    let log = Log<String>()
    _ = try await openRaw { socket async throws in
      for isWhole in [true, false] {
        // Asks for parts, so that what follows comes in parts.
        var parts = socket.parts.makeAsyncIterator()
        #expect(try await parts.next()?.text == "x")
        let reader = Task {
          var messages = socket.messages.makeAsyncIterator()
          return try await messages.next()
        }
        try await wait(for: socket.end.stream) { _ in socket.end.form.intake.hasBeginning }
        reader.cancel()
        let error = await #expect(throws: WebSocketError.self) { try await reader.value }
        #expect(error?.kind == .cancelled)
        try await socket.send("go")
        if isWhole {
          var messages = socket.messages.makeAsyncIterator()
          log.append("\(try await messages.next().map { "\($0)" } ?? "-")")
        } else {
          for try await part in socket.parts {
            log.append(part.text)
            if part.isLast { break }
          }
        }
      }
    } _: { client throws in
      for _ in 0..<2 {
        client.send(.text("x"), RawFrame(0x01, "a"))
        #expect(try client.read() == .text("go"))
        client.send(RawFrame(0x80, "b"))
      }
      client.send(.close())
      return try client.readToEnd()
    }
    #expect(log.values == ["text(\"ab\")", "a", "b"])
  }

  @Test func `W74: parts that are joined to a message count towards its limit`() async throws {
    let frames = try await openRaw({ $0.limits.maxMessageBytes = 10 }) { socket async throws in
      var parts = socket.parts.makeAsyncIterator(), messages = socket.messages.makeAsyncIterator()
      #expect(try await parts.next()?.text == "first")
      #expect(try await parts.next()?.text == " part")
      #expect(try await messages.next() == .text("0123456789"))
      let error = await #expect(throws: WebSocketError.self) { try await messages.next() }
      #expect(error?.kind == .tooBig && error?.message.contains("maxMessageBytes") == true)
    } _: { client throws in
      client.send(RawFrame(0x01, "first"), RawFrame(0x80, " part"))
      client.send(RawFrame(0x01, "01234"), RawFrame(0x80, "56789"), RawFrame(0x01, "01234"), RawFrame(0x80, "567890"))
      let frame = try client.read()
      client.send(.close(1009))
      return [frame]
    }
    #expect(frames.first?.description == "close 1009")
  }

  @Test func `W73: a message of the other kind closes with 1003`() async throws {
    for (path, message, reason) in [
      ("texts", RawFrame.binary([1]), "only texts are read here"),
      ("binaries", .text("x"), "only binary messages are read here"),
    ] {
      let frames = try await openRaw { socket async throws in
        let error: WebSocketError?
        if path == "texts" {
          var texts = socket.texts.makeAsyncIterator()
          #expect(try await texts.next() == "a")
          error = await #expect(throws: WebSocketError.self) { try await texts.next() }
          #expect(try await texts.next() == nil)
        } else {
          var binaries = socket.binaries.makeAsyncIterator()
          #expect(try await binaries.next() == ByteBuffer(bytes: [0]))
          error = await #expect(throws: WebSocketError.self) { try await binaries.next() }
          #expect(try await binaries.next() == nil)
        }
        #expect(error?.kind == .unexpectedKind && error?.code == .unsupportedData)
      } _: { client throws in
        client.send(path == "texts" ? .text("a") : .binary([0]), message)
        let frame = try client.read()
        client.send(.close(1003))
        return [frame] + (try client.readToEnd())
      }
      #expect(frames == [.close(1003, reason)])
    }
  }

  @Test func `observers see a message in parts as one`() async throws {
    let outcome = Signal<(Int, Int)>()
    final class Counting: ServerObserver, ServerCallObserver {
      let outcome: Signal<(Int, Int)>
      init(_ outcome: Signal<(Int, Int)>) { self.outcome = outcome }
      func callBegan(_ call: ObservedCall) -> (any ServerCallObserver)? { self }
      func callEnded(_ end: ServerCallOutcome) { outcome.set((end.requests.count, end.responses.count)) }
    }
    try await open(observers: [Counting(outcome)]) { socket, _ in
      try await socket.send(.binary) { writer in
        for try await part in socket.parts {
          try await writer.write(part.bytes)
          if part.isLast { break }
        }
      }
      try await socket.ping()
      for try await message in socket.messages { try await socket.send(message) }
    } _: { socket async throws in
      try await socket.send(ByteBuffer(repeating: 1, count: 200_000))
      try await socket.send("x")
      var messages = socket.messages.makeAsyncIterator()
      #expect(try await messages.next() == .binary(ByteBuffer(repeating: 1, count: 200_000)))
      #expect(try await messages.next() == .text("x"))
    }
    let (requests, responses) = try await outcome.value()
    #expect(requests == 2 && responses == 2)
  }
}
