// `grpc.freshet.v1` in text messages of JSON, as they are typed into a browser's console (web.md W92).
import FreshetCore
import FreshetHTTP
import FreshetWebSocket
import NIOCore

/// A message is a call's, unless it is an object whose one member begins with @: `@headers`, `@end`, `@credit`,
/// `@trailers`.
struct TextDialect: CallDialect {
  let kind = WebSocketMessageKind.text

  func readHead(_ kind: WebSocketMessageKind, _ message: ByteBuffer) throws(RPCError) -> HeaderFields {
    var fields = HeaderFields()
    let member = try Self.member(of: message) { (reader, name) throws(JSONError) in
      guard name == "@headers" else { return try reader.skip() }
      try reader.readObject { (reader, name) throws(JSONError) in
        let name = name.lowercased()
        guard try reader.peek() == .array else { return fields.append(name, try reader.readString()) }
        try reader.readArray { (reader) throws(JSONError) in fields.append(name, try reader.readString()) }
      }
    }
    guard member == "@headers" else { throw .dialect("the first message is not {\"@headers\": {…}}") }
    return fields
  }

  func read(_ kind: WebSocketMessageKind, _ message: ByteBuffer) throws(RPCError) -> CallItem {
    guard kind == .text else { throw .dialect("a binary message among text ones") }
    guard Self.mayBeControl(message) else { return .message(message, isCompressed: false) }
    var number: String?
    let member = try Self.member(of: message) { (reader, name) throws(JSONError) in
      guard name == "@credit" else { return try reader.skip() }
      number = try reader.readNumber()
    }
    switch member {
    case "@end": return .end
    case "@credit":
      guard let credit = number.flatMap({ UInt32($0) }), credit > 0 else {
        throw .dialect("@credit is not a whole number of 1 to 4294967295")
      }
      return .credit(credit)
    case "@headers": throw .dialect("@headers come again")
    case "@trailers": throw .dialect("@trailers are sent by servers only")
    default: return .message(message, isCompressed: false)
    }
  }

  /// Whether the first member's name begins with @, as that of google.protobuf.Any does.
  private static func mayBeControl(_ message: ByteBuffer) -> Bool {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    var bytes = message.readableBytesView.drop(while: isBlank)
    guard bytes.popFirst() == UInt8(ascii: "{") else { return false }
    bytes = bytes.drop(while: isBlank)
    return bytes.popFirst() == UInt8(ascii: "\"") && bytes.first == UInt8(ascii: "@")
  }

  /// - Returns: the name of the object's one member; nil if it has more, or none.
  private static func member(
    of message: ByteBuffer, _ read: (inout JSONReader, String) throws(JSONError) -> Void
  ) throws(RPCError) -> String? {
    var names: [String] = []
    do throws(JSONError) {
      var reader = JSONReader(message.readableBytesView)
      try reader.readObject { (reader, name) throws(JSONError) in
        names.append(name)
        try read(&reader, name)
      }
      try reader.finish()
    } catch {
      throw .dialect("a message is no JSON object: \(error)")
    }
    return names.count == 1 ? names[0] : nil
  }

  func write(head fields: HeaderFields) -> ByteBuffer { Self.object("@headers", fields) }

  func write(end fields: HeaderFields) -> ByteBuffer { Self.object("@trailers", fields) }

  private static func object(_ name: String, _ fields: HeaderFields) -> ByteBuffer {
    var names: [String] = [], values: [String: [String]] = [:]
    fields.forEachOfSocket { name, value in
      let name = String(decoding: name, as: UTF8.self)
      if values[name] == nil { names.append(name) }
      values[name, default: []].append(String(decoding: value, as: UTF8.self))
    }
    var buffer = ByteBuffer(string: "{\"\(name)\":")
    buffer.writeJSON(names, in: ("{", "}")) { buffer, name in
      buffer.writeJSON(name)
      buffer.writeStaticString(":")
      let values = values[name] ?? []
      if values.count == 1 { return buffer.writeJSON(values[0]) }
      buffer.writeJSON(values, in: ("[", "]")) { $0.writeJSON($1) }
    }
    buffer.writeStaticString("}")
    return buffer
  }

  func write(framed message: consuming ByteBuffer) -> (ByteBuffer, room: Int) { (message, MessageFramer.prefixBytes) }

  func write(credit: UInt32) -> ByteBuffer? { ByteBuffer(string: "{\"@credit\":\(credit)}") }
}
