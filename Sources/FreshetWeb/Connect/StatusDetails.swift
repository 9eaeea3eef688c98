// The details of a status, between the protobuf in which gRPC sends them and the list that Connect has.

/// One of a status's details: a message of any type.
package struct StatusDetail: Hashable, Sendable {
  /// The full name of the message's type, such as `google.rpc.RetryInfo`.
  package var type: String
  /// The message in protobuf.
  package var value: [UInt8]

  package init(type: String, value: [UInt8]) {
    self.type = type
    self.value = value
  }
}

/// Reads and writes google.rpc.Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3; } by hand,
/// since messages are below no part of the run-time.
package enum StatusDetails {
  /// - Returns: as many as can be read and have a type; what is no google.rpc.Status has none.
  package static func read(_ status: [UInt8]) -> [StatusDetail] {
    var details: [StatusDetail] = []
    var fields = ProtobufFields(status)
    while let (number, bytes) = fields.next() {
      if number == 3, let bytes, let detail = readAny(bytes) { details.append(detail) }
    }
    return details
  }

  /// A google.rpc.Status with these details, for `RPCError.details`.
  package static func write(code: Int, message: String, _ details: [StatusDetail]) -> [UInt8] {
    var status: [UInt8] = []
    if code != 0 {
      status.append(1 << 3)
      writeVarint(UInt64(code), to: &status)
    }
    if !message.isEmpty { write(Array(message.utf8), field: 2, to: &status) }
    for detail in details {
      var any: [UInt8] = []
      write(Array((typePrefix + detail.type).utf8), field: 1, to: &any)
      if !detail.value.isEmpty { write(detail.value, field: 2, to: &any) }
      write(any, field: 3, to: &status)
    }
    return status
  }

  private static let typePrefix = "type.googleapis.com/"

  private static func readAny(_ bytes: ArraySlice<UInt8>) -> StatusDetail? {
    var detail = StatusDetail(type: "", value: [])
    var fields = ProtobufFields(Array(bytes))
    while let (number, bytes) = fields.next() {
      guard let bytes else { continue }
      switch number {
      case 1:
        let url = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        detail.type = String(decoding: url.last ?? [], as: UTF8.self)
      case 2: detail.value = Array(bytes)
      default: break
      }
    }
    return detail.type.isEmpty ? nil : detail
  }

  private static func write(_ bytes: [UInt8], field: UInt8, to output: inout [UInt8]) {
    output.append(field << 3 | 2)
    writeVarint(UInt64(bytes.count), to: &output)
    output += bytes
  }

  private static func writeVarint(_ value: UInt64, to output: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    output.append(UInt8(rest))
  }
}

/// The fields of a protobuf message, up to its end or to the first that is malformed.
private struct ProtobufFields {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  /// A field's number, and its bytes if it has a length.
  mutating func next() -> (number: UInt64, bytes: ArraySlice<UInt8>?)? {
    guard let tag = readVarint() else { return nil }
    switch tag & 7 {
    case 0: return readVarint().map { _ in (tag >> 3, nil) }
    case 1: return take(8).map { _ in (tag >> 3, nil) }
    case 2: return readVarint().flatMap { take($0) }.map { (tag >> 3, $0) }
    case 5: return take(4).map { _ in (tag >> 3, nil) }
    default: return nil
    }
  }

  private mutating func take(_ count: UInt64) -> ArraySlice<UInt8>? {
    guard count <= UInt64(rest.count) else { return nil }
    let taken = rest.prefix(Int(count))
    rest = rest.dropFirst(Int(count))
    return taken
  }

  private mutating func readVarint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
