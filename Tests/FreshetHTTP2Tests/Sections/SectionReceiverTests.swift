// Repeated header sections are the same objects, and all others are new.
import FreshetHTTP
import TestSupport
import Testing

@testable import FreshetHTTP2

@Suite struct SectionReceiverTests {
  private let client: Endpoint
  private let server: Endpoint

  init() throws {
    client = try Endpoint(.client)
    server = try Endpoint(.server, fieldApart: "x-apart")
    try exchange(client, server)
  }

  /// The section that the server gets for a request with these fields after the usual ones; the call is ended.
  private func head(_ more: [(String, String)] = []) throws -> HeaderSection {
    let call = try client.request(more, .endStream)
    try exchange(client, server)
    let serving = try #require(server.streams.last)
    #expect(serving.id == call.id)
    let section = try #require(serving.sections.first)
    #expect(section.texts == grpcRequest("/s/m", more.filter { $0.0 != "x-apart" }).map { "\($0): \($1)" })
    try server.session.submitResponse(serving, [":status": "200", "grpc-status": "0"], endStream: true)
    try exchange(client, server)
    return section
  }

  // MARK: Repeated

  @Test func `a repeated head is the same object, with its parsed content`() throws {
    let first = try head([("a", "1")])
    first.reading = client
    for _ in 0..<3 { #expect(try head([("a", "1")]) === first) }
    #expect(first.reading === client)
  }

  @Test func `so it is if the peer uses no table, and when it has just announced that`() throws {
    let first = try head()
    try client.receive(.settings([(1, 0)]))
    #expect(try client.output() == Frame.settingsAck.bytes)  // of settings that this server never sent
    for _ in 0..<3 { #expect(try head() === first) }
    let server = try Endpoint.readyServer()
    for id in [1, 3, 5] as [UInt32] { try server.receive(.headers(id, grpcRequest("/s/m"), endStream: true)) }
    #expect(server.streams.count == 3)
    #expect(Set(server.streams.map { ObjectIdentifier($0.sections[0]) }).count == 1)
  }

  @Test func `so it is if the table has evicted its fields meanwhile`() throws {
    let first = try head([("a", "1")])
    for round in 0..<5 {
      // Too large to be kept, but not for the table, which has room for one of them.
      _ = try head([("large", String(repeating: "\(round)", count: 2_500))])
      #expect(try head([("a", "1")]) === first)
      #expect(try head([("a", "1")]) === first)
    }
  }

  @Test func `alternating heads of several methods are recognised`() throws {
    let values = ["1", "2", "3", "4"]
    let sections = try values.map { try head([("a", $0), ("b", "0")]) }
    #expect(Set(sections.map(ObjectIdentifier.init)).count == 4)
    for _ in 0..<3 {
      for (value, section) in zip(values, sections) { #expect(try head([("a", value), ("b", "0")]) === section) }
      for (value, section) in zip(values, sections).reversed() {
        #expect(try head([("a", value), ("b", "0")]) === section)
      }
    }
  }

  @Test func `one that recurs between others that never do stays known`() throws {
    let first = try head([("a", "1")])
    for number in 0..<50 {
      _ = try head([("a", "1"), ("id", "\(number)")])
      #expect(try head([("a", "1")]) === first)
    }
  }

  @Test func `response heads and trailers are each the same object for all calls`() throws {
    var sections: [[HeaderSection]] = []
    for _ in 0..<4 {
      let call = try client.request([], .endStream)
      try exchange(client, server)
      let serving = try #require(server.streams.last)
      serving.end = .trailers(["grpc-status": "0"])
      try server.session.submitResponse(
        serving, [":status": "200", "content-type": "application/grpc"], endStream: false)
      try exchange(client, server)
      #expect(call.sections.map(\.texts) == [[":status: 200", "content-type: application/grpc"], ["grpc-status: 0"]])
      sections.append(call.sections)
    }
    for call in sections { #expect(call[0] === sections[0][0] && call[1] === sections[0][1]) }
  }

  @Test func `a request's trailers are recognised, and do not affect heads`() throws {
    let server = try Endpoint.readyServer()
    for id in [1, 3, 5] as [UInt32] {
      try server.receive(.headers(id, grpcRequest("/s/m")), .headers(id, [("x", "y")], endStream: true))
    }
    let sections = server.streams.map(\.sections)
    for stream in sections { #expect(stream[0] === sections[0][0] && stream[1] === sections[0][1]) }
    #expect(sections[0][1].texts == ["x: y"])
  }

  // MARK: Different

  @Test(arguments: [
    [("a", "1"), ("b", "3")], [("a", "2"), ("b", "2")], [("a", "1"), ("c", "2")], [("b", "2"), ("a", "1")],
    [("a", "1")], [("b", "2")], [], [("a", "1"), ("b", "2"), ("c", "3")], [("a", "1"), ("b", "2"), ("b", "2")],
    [("c", "3"), ("a", "1"), ("b", "2")], [("a", "1"), ("b", "")], [("a", "1b"), ("b", "2")],
    [("a", "1"), ("b", "22")],
  ])
  func `another value, name or order, or one field less or more, is another section`(_ other: [(String, String)]) throws
  {
    let first = try head([("a", "1"), ("b", "2")])
    let second = try head(other)
    #expect(second !== first && second.reading == nil)
    #expect(try head([("a", "1"), ("b", "2")]) === first)
    #expect(try head(other) === second)
    #expect(try head([("a", "1"), ("b", "2")]) === first)
  }

  @Test func `a byte that moves from the name to the value makes another field`() throws {
    let one = try head([("ab", "c")]), other = try head([("a", "bc")])
    #expect(one !== other)
  }

  @Test func `a request that is aborted in its head leaves nothing behind`() throws {
    let server = try Endpoint.readyServer()
    try server.receive(.headers(1, grpcRequest("/s/m", [("a", "1")]), endStream: true))
    try server.receive(.headers(3, grpcRequest("/s/m", [("a", "1\u{1}")]), endStream: true))
    try server.receive(.headers(5, grpcRequest("/s/m"), endStream: true))
    try server.receive(.headers(7, grpcRequest("/s/m", [("a", "1")]), endStream: true))
    #expect(server.streams[1].sections.isEmpty)
    #expect(server.streams[2].sections[0].texts == grpcRequest("/s/m").map { "\($0): \($1)" })
    #expect(server.streams[3].sections[0] === server.streams[0].sections[0])
  }

  // MARK: Never kept

  @Test func `a truncated section is never kept`() throws {
    let server = try Endpoint.readyServer(settings { $0.maxHeaderListBytes = 350 })
    let fields = grpcRequest("/s/m", [("a", String(repeating: "x", count: 100))])
    for id in [1, 3] as [UInt32] { try server.receive(.headers(id, fields, endStream: true)) }
    let sections = server.streams.map { $0.sections[0] }
    #expect(sections[0].isTruncated && sections[1].isTruncated)
    #expect(sections[0] !== sections[1])
    try server.receive(.headers(5, grpcRequest("/s/m"), endStream: true))
    #expect(!server.streams[2].sections[0].isTruncated)
  }

  @Test func `a section with a never-indexed field is never kept, nor recognised`() throws {
    let server = try Endpoint.readyServer()
    let block = Frame.block(grpcRequest("/s/m")), open = Frame.block([("token", "t")])
    let secret = [0x10] + open.dropFirst()  // RFC 7541 §6.2.3
    let blocks = [block + secret, block + secret, block + open, block + secret, block + open]
    for (index, block) in blocks.enumerated() {
      try server.receive(
        Frame(.headers, flags: Frame.endHeaders | Frame.endStream, streamID: UInt32(index * 2 + 1), payload: block))
    }
    let sections = server.streams.map { $0.sections[0] }
    #expect(sections.map(\.texts) == Array(repeating: sections[0].texts, count: 5))
    #expect(Set(sections.map(ObjectIdentifier.init)).count == 4)
    #expect(sections[2] === sections[4])
  }

  @Test func `a section larger than 1 KiB is not kept`() throws {
    let value = String(repeating: "x", count: 1_000)
    let first = try head([("a", value)])
    #expect(try head([("a", value)]) !== first)
  }

  @Test func `10,000 different heads leave no more than four`() throws {
    final class Weak {
      weak var section: HeaderSection?
      init(_ section: HeaderSection) { self.section = section }
    }
    let memory = SessionMemory()
    let server = try Endpoint.readyServer(memory: memory)
    var sections: [Weak] = []
    for number in 0..<10_000 {
      let id = UInt32(number * 2 + 1)
      try server.receive(.headers(id, grpcRequest("/s/m", [("id", "\(number)")]), endStream: true))
      let stream = try #require(server.streams.last)
      sections.append(Weak(try #require(stream.sections.first)))
      stream.forgetSections()
      try server.session.submitResponse(stream, [":status": "200"], endStream: true)
      _ = try server.output()
    }
    #expect(sections.count { $0.section != nil } == 4)
    #expect(memory.keptBytes < 64 * 1024)
  }

  // MARK: The field apart

  @Test func `the field apart is passed beside the section, which is the same with and without it`() throws {
    let first = try head([("a", "1")])
    #expect(try head([("x-apart", "1S"), ("a", "1")]) === first)
    #expect(try head([("a", "1"), ("x-apart", "22m")]) === first)
    #expect(try head([("x-apart", "1"), ("a", "1"), ("x-apart", "")]) === first)
    #expect(try head([("a", "1")]) === first)
    #expect(server.streams.map(\.valuesApart) == [[nil], ["1S"], ["22m"], [""], [nil]])
  }

  @Test func `a long value apart is complete`() throws {
    let value = String(repeating: "7", count: 5_000)
    let first = try head()
    #expect(try head([("x-apart", value)]) === first)
    #expect(server.streams.last?.valuesApart == [value])
  }

  @Test(arguments: [0, 1])
  func `S9: the field apart counts towards the limit, wherever it is`(missingBytes: Int) throws {
    let more = [("a", "1"), ("x-apart", "12345")]
    for order in [more, more.reversed()] {
      for isKnown in [true, false] {
        let request = grpcRequest("/s/m", order)
        let bytes = request.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 }
        let server = try Endpoint.readyServer(
          settings { $0.maxHeaderListBytes = UInt32(bytes - missingBytes) }, fieldApart: "x-apart")
        if isKnown { try server.receive(.headers(1, grpcRequest("/s/m", [("a", "1")]), endStream: true)) }
        try server.receive(.headers(3, request, endStream: true))
        #expect(server.streams.last?.sections[0].isTruncated == (missingBytes > 0))
      }
    }
  }

  @Test func `S9: many fields apart are truncated like others`() throws {
    let limits = FloodLimits()
    let server = try Endpoint.readyServer(settings { $0.maxHeaderListBytes = 1_000 }, limits, fieldApart: "x-apart")
    try server.receive(.headers(1, grpcRequest("/s/m"), endStream: true))
    let more = Array(repeating: ("x-apart", "1"), count: 1_000 * limits.maxHeaderListFactor / 40 + 1)
    #expect(throws: HTTP2Error.self) {
      for frame in Frame.longHeaders(3, grpcRequest("/s/m", more), endStream: true) { try server.receive(frame) }
    }
  }

  // MARK: Random

  @Test func `in any order, the received fields are those that were sent`() throws {
    var random = SeededRandom.forTest("SectionReceiverTests")
    let server = try Endpoint.readyServer(fieldApart: "x-apart")
    var seen: [ObjectIdentifier: (HeaderSection, [String])] = [:]
    for number in 0..<4_000 {
      let names = ["a", "b", "c", "x-apart", "secret"], values = ["", "1", "12345678", "123456789", "\(number % 7)"]
      let more = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        (names.randomElement(using: &random)!, values.randomElement(using: &random)!)
      }
      let request = grpcRequest(["/s/m", "/s/n"].randomElement(using: &random)!, more)
      // Indexed or not, but never from the table: repeats in that form are covered by the other tests.
      let block = request.flatMap { field -> [UInt8] in
        let prefix: UInt8 = field.0 == "secret" ? 0x10 : Bool.random(using: &random) ? 0x40 : 0
        return [prefix] + Frame.block([field]).dropFirst()
      }
      let id = UInt32(number * 2 + 1), cut = Int.random(in: 0...block.count, using: &random)
      try server.receive(
        Frame(.headers, flags: Frame.endStream, streamID: id, payload: Array(block[..<cut])),
        Frame(.continuation, flags: Frame.endHeaders, streamID: id, payload: Array(block[cut...])))
      let stream = try #require(server.streams.last), section = try #require(stream.sections.first)
      let expected = request.filter { $0.0 != "x-apart" }.map { "\($0): \($1)" }
      #expect(section.texts == expected, "seed \(random.seed)")
      #expect(stream.valuesApart == [request.last { $0.0 == "x-apart" }?.1], "seed \(random.seed)")
      let known = seen.updateValue((section, expected), forKey: ObjectIdentifier(section))
      if let known {
        #expect(known.1 == expected && !expected.contains { $0.hasPrefix("secret") }, "seed \(random.seed)")
      }
      try server.session.submitResponse(stream, [":status": "200"], endStream: true)
      _ = try server.output()
    }
    #expect(seen.count < 4_000)
  }

  @Test func `a section outlives its session, even one that was partly received`() throws {
    var sections: [HeaderSection] = []
    do {
      let server = try Endpoint.readyServer(fieldApart: "x-apart")
      for id in [1, 3] as [UInt32] { try server.receive(.headers(id, grpcRequest("/s/m"), endStream: true)) }
      sections = server.streams.map { $0.sections[0] }
      try server.receive(
        Frame(.headers, streamID: 5, payload: Frame.block(grpcRequest("/s/m", [("x-apart", "1S"), ("a", "1")]))))
    }
    #expect(sections[0] === sections[1])
    #expect(sections[0].texts == grpcRequest("/s/m").map { "\($0): \($1)" })
  }
}

extension HeaderSection {
  fileprivate var texts: [String] {
    var texts: [String] = []
    fields.forEach { texts.append("\(String(decoding: $0, as: UTF8.self)): \(String(decoding: $1, as: UTF8.self))") }
    return texts
  }
}
