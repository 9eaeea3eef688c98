// A session whose events are recorded, with a peer of hand-written frames or another session.
import FreshetHTTP
import NIOCore
import TestSupport
import Testing

@testable import FreshetHTTP2

/// A stream that records its events, and sends given output.
final class RecordingStream: HTTPStream {
  enum Event: Equatable {
    case headers([String], isTruncated: Bool, endStream: Bool)
    case data([UInt8])
    case endStream
    case close(StreamEnd)
  }

  private(set) var events: [Event] = []
  private(set) var sections: [HeaderSection] = []
  private(set) var valuesApart: [String?] = []
  /// Whether data is not recorded, for tests with much of it.
  var forgetsData = false
  var output: [UInt8] = []
  /// What follows the output; nil for more to come.
  var end: End?

  enum End { case endStream, trailers(HeaderFields) }

  /// All received bytes of data.
  var received: [UInt8] {
    events.flatMap { event -> [UInt8] in if case .data(let bytes) = event { bytes } else { [] } }
  }
  var closes: [StreamEnd] {
    events.compactMap { if case .close(let end) = $0 { end } else { nil } }
  }

  func forgetSections() { sections = [] }

  override func receiveHeaders(_ section: HeaderSection, valueApart: UnsafeRawBufferPointer?, endStream: Bool) {
    var texts: [String] = []
    section.fields.forEach { name, value in
      texts.append("\(String(decoding: name, as: UTF8.self)): \(String(decoding: value, as: UTF8.self))")
    }
    events.append(.headers(texts, isTruncated: section.isTruncated, endStream: endStream))
    sections.append(section)
    valuesApart.append(valueApart.map { String(decoding: $0, as: UTF8.self) })
  }
  override func receiveData(_ bytes: UnsafeRawBufferPointer) {
    if !forgetsData { events.append(.data(Array(bytes))) }
  }
  override func receiveEndStream() { events.append(.endStream) }
  override func receiveClose(_ end: StreamEnd) { events.append(.close(end)) }

  override func availableOutput(maxBytes: Int) -> OutputAvailability {
    let count = min(maxBytes, output.count)
    if count < output.count { return .bytes(count) }
    switch end {
    case nil: return count == 0 ? .nothing : .bytes(count)
    case .endStream: return .last(count)
    case .trailers(let fields): return .lastThenTrailers(count, fields)
    }
  }

  override func writeOutput(_ count: Int, to memory: UnsafeMutableRawPointer) {
    UnsafeMutableRawBufferPointer(start: memory, count: count).copyBytes(from: output[..<count])
    output.removeFirst(count)
  }
}

/// A session under test.
final class Endpoint: HTTP2SessionDelegate {
  private(set) var session: HTTP2Session!
  /// Those opened by the peer, in order, while they are open.
  private(set) var streams: [RecordingStream] = []
  /// Those opened by this side, retained until they close.
  private(set) var requests: [RecordingStream] = []
  private(set) var settingsCount = 0
  private(set) var goaways: [String] = []
  private(set) var pingAcks: [UInt64] = []
  private(set) var burdens: [Burden] = []
  /// The manual clock.
  var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
  private let reader: FrameReader

  init(
    _ role: HTTP2Session.Role, _ settings: HTTP2Settings = HTTP2Settings(), _ limits: FloodLimits = FloodLimits(),
    fieldApart: StaticString? = nil, memory: SessionMemory = SessionMemory()
  ) throws {
    reader = FrameReader(ofClient: role == .client)
    session = try HTTP2Session(
      role: role, settings: settings, limits: limits, memory: memory, fieldApart: fieldApart, delegate: self)
  }

  /// A server whose client has sent its preface and acknowledged the settings; nothing is pending.
  static func readyServer(
    _ settings: HTTP2Settings = HTTP2Settings(), _ limits: FloodLimits = FloodLimits(), fieldApart: StaticString? = nil,
    memory: SessionMemory = SessionMemory()
  ) throws -> Endpoint {
    let server = try Endpoint(.server, settings, limits, fieldApart: fieldApart, memory: memory)
    _ = try server.frames()
    try server.receive(Frame.preface + Frame.settings().bytes + Frame.settingsAck.bytes)
    _ = try server.frames()
    return server
  }

  /// A client whose server has sent its settings.
  static func readyClient(_ settings: HTTP2Settings = HTTP2Settings(), peer: [(UInt16, UInt32)] = []) throws -> Endpoint
  {
    let client = try Endpoint(.client, settings)
    _ = try client.frames()
    try client.receive(Frame.settings(peer), .settingsAck)
    _ = try client.frames()
    return client
  }

  func receive(_ bytes: [UInt8]) throws(HTTP2Error) {
    do { try bytes.withUnsafeBytes { try session.receive($0) } } catch { throw error as! HTTP2Error }
  }

  func receive(_ frames: Frame...) throws(HTTP2Error) { try receive(frames.flatMap(\.bytes)) }

  /// All pending output.
  func output() throws(HTTP2Error) -> [UInt8] {
    var buffer = ByteBuffer()
    for _ in 0..<100_000 where try session.writePending(into: &buffer, limitBytes: 1 << 30) { break }
    return Array(buffer.readableBytesView)
  }

  /// All pending output as frames.
  func frames() throws -> [Frame] {
    reader.append(try output())
    defer { for complaint in reader.takeComplaints() { Issue.record("a strict peer refuses \(complaint)") } }
    return reader.all()
  }

  /// Opens a stream with a plain request.
  func request(_ more: [(String, String)] = [], _ end: RecordingStream.End? = nil) throws -> RecordingStream {
    let stream = RecordingStream()
    stream.end = end
    var fields = HeaderFields()
    for (name, value) in grpcRequest("/s/m", more) { fields.append(name, value) }
    try session.submitRequest(stream, fields)
    requests.append(stream)
    return stream
  }

  // MARK: Reported by the session

  func receiveNewStream() -> HTTPStream {
    let stream = RecordingStream()
    streams.append(stream)
    return stream
  }
  func receiveBurden(_ burden: Burden) { burdens.append(burden) }
  func receiveSettings() { settingsCount += 1 }
  func receiveGoaway(lastStreamID: Int32, code: ErrorCode, debugData: String) {
    goaways.append("\(lastStreamID) \(code) \(debugData)")
  }
  func receivePingAck(_ payload: UInt64) { pingAcks.append(payload) }
}

/// Exchanges bytes between two sessions until neither has output.
func exchange(_ one: Endpoint, _ other: Endpoint) throws {
  for _ in 0..<1_000 {
    let forth = try one.output()
    if !forth.isEmpty { try other.receive(forth) }
    let back = try other.output()
    if !back.isEmpty { try one.receive(back) }
    if forth.isEmpty, back.isEmpty { return }
  }
  preconditionFailure("two sessions never fell silent")
}

func settings(_ change: (inout HTTP2Settings) -> Void) -> HTTP2Settings {
  var settings = HTTP2Settings()
  change(&settings)
  return settings
}

func kinds(_ frames: [Frame]) -> [Frame.Kind?] { frames.map(\.kind) }
