// Parses a library's output into frames, with their headers decoded and validated against RFC 9113.
import CNGHTTP2

/// Splits bytes into frames. One reader per direction of a connection, since HPACK has state.
public final class FrameReader {
  private var bytes: [UInt8] = []
  private var inflater: OpaquePointer?
  private let isOfClient: Bool
  private let requestMethod: String
  /// Whether the client's preface is still expected, and dropped.
  private var awaitsPreface: Bool
  private var complaints: [String] = []

  /// - Parameter requestMethod: of the requests whose responses these are.
  public init(ofClient: Bool = false, requestMethod: String = "POST") {
    isOfClient = ofClient
    self.requestMethod = requestMethod
    awaitsPreface = ofClient
    nghttp2_hd_inflate_new(&inflater)
  }

  deinit { nghttp2_hd_inflate_del(inflater) }

  public func append(_ more: some Collection<UInt8>) { bytes += more }

  /// The next whole frame.
  public func next() -> Frame? {
    if awaitsPreface {
      guard bytes.count >= Frame.preface.count else { return nil }
      precondition(bytes.starts(with: Frame.preface), "the client's preface is \(bytes.prefix(24))")
      bytes.removeFirst(Frame.preface.count)
      awaitsPreface = false
    }
    guard bytes.count >= 9 else { return nil }
    let length = bytes[..<3].reduce(0) { $0 << 8 | Int($1) }
    guard bytes.count >= 9 + length else { return nil }
    var frame = Frame(type: bytes[3], flags: bytes[4], payload: Array(bytes[9..<9 + length]))
    frame.streamID = bytes[5..<9].reduce(0) { $0 << 8 | UInt32($1) }
    if frame.kind == .headers {
      let fields = decode(frame.payload)
      frame.fields = fields.map {
        HeaderField(String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
      }
      if frame.flags & Frame.endHeaders != 0,
        let complaint = StrictPeer.complaint(
          about: fields, endStream: frame.isEndStream, ofClient: isOfClient, to: requestMethod)
      {
        complaints.append("stream \(frame.streamID): \(complaint)")
      }
    }
    bytes.removeFirst(9 + length)
    return frame
  }

  /// Violations in the headers read since the last call.
  public func takeComplaints() -> [String] {
    defer { complaints = [] }
    return complaints
  }

  public func all() -> [Frame] {
    var frames: [Frame] = []
    while let frame = next() { frames.append(frame) }
    return frames
  }

  private func decode(_ block: [UInt8]) -> [StrictPeer.Field] {
    var fields: [StrictPeer.Field] = []
    var offset = 0
    while true {
      var field = nghttp2_nv()
      var flags: Int32 = 0
      let read = block.withUnsafeBufferPointer {
        nghttp2_hd_inflate_hd2(inflater, &field, &flags, $0.baseAddress.map { $0 + offset }, block.count - offset, 1)
      }
      precondition(read >= 0, "HPACK: \(String(cString: nghttp2_strerror(Int32(read))))")
      offset += read
      if UInt32(flags) & NGHTTP2_HD_INFLATE_EMIT.rawValue != 0 {
        fields.append(
          StrictPeer.Field(name: Self.bytes(field.name, field.namelen), value: Self.bytes(field.value, field.valuelen)))
      }
      if UInt32(flags) & NGHTTP2_HD_INFLATE_FINAL.rawValue != 0 { break }
      if read == 0, UInt32(flags) & NGHTTP2_HD_INFLATE_EMIT.rawValue == 0 { break }
    }
    nghttp2_hd_inflate_end_headers(inflater)
    return fields
  }

  private static func bytes(_ start: UnsafeMutablePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
  }
}
