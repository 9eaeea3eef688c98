// The last envelope of a stream in Connect: `{"error": {…}, "metadata": {"key": ["value"]}}` (W37, W40).
package import FreshetCore
package import NIOCore

/// How a stream ended.
package struct ConnectEnd: Hashable, Sendable {
  /// The flag of its envelope; together with 1 it is compressed.
  package static let flag: UInt8 = 2

  /// Nil if the call went well.
  package var error: ConnectError?
  package var metadata: Metadata

  package init(error: ConnectError?, metadata: Metadata) {
    self.error = error
    self.metadata = metadata
  }

  /// - Parameter details: a serialized google.rpc.Status.
  package init(_ status: Status, details: [UInt8]?, metadata: Metadata) {
    self.init(error: status.code == .ok ? nil : ConnectError(status, details: details), metadata: metadata)
  }

  // MARK: Writing

  package func write(to json: inout ByteBuffer) {
    json.writeStaticString("{")
    if let error {
      json.writeStaticString("\"error\":")
      error.write(to: &json)
    }
    if !metadata.isEmpty {
      if error != nil { json.writeStaticString(",") }
      json.writeStaticString("\"metadata\":")
      json.writeJSON(valuesByKey, in: ("{", "}")) { json, entry in
        json.writeJSON(entry.key)
        json.writeStaticString(":")
        json.writeJSON(entry.values, in: ("[", "]")) { $0.writeJSON($1) }
      }
    }
    json.writeStaticString("}")
  }

  /// The whole envelope, not compressed.
  package var envelope: ByteBuffer {
    var envelope = ByteBuffer(repeating: 0, count: MessageFramer.prefixBytes)
    write(to: &envelope)
    envelope.setPrefix(flag: Self.flag)
    return envelope
  }

  /// Each key once, in the order of their first values.
  private var valuesByKey: [(key: String, values: [String])] {
    var entries: [(key: String, values: [String])] = [], places: [String: Int] = [:]
    for (key, value) in metadata {
      if let place = places[key] {
        entries[place].values.append(value.wireText)
      } else {
        places[key] = entries.count
        entries.append((key, [value.wireText]))
      }
    }
    return entries
  }

  // MARK: Reading

  /// Reads what an envelope holds, decompressed. An error that names no code of Connect's is UNKNOWN.
  /// - Throws: `INTERNAL` for what is no such JSON.
  package static func read(_ json: some Sequence<UInt8>) throws(RPCError) -> ConnectEnd {
    do throws(JSONError) {
      var reader = JSONReader(json)
      let end = try ConnectEnd(&reader)
      try reader.finish()
      return end
    } catch {
      throw RPCError(code: .internal, message: "the stream's end is not in Connect's JSON: \(error)")
    }
  }

  private init(_ reader: inout JSONReader) throws(JSONError) {
    var end = ConnectEnd(error: nil, metadata: Metadata())
    try reader.readObject { reader, name throws(JSONError) in
      switch (name, try reader.peek()) {
      case ("error", _):
        end.error = try ConnectError(&reader)
        if end.error?.code == nil { end.error?.code = .unknown }
      case ("metadata", .object):
        try reader.readObject { reader, key throws(JSONError) in
          if try reader.peek() == .null { return try reader.skip() }
          let key = key.lowercased()
          try reader.readArray { reader throws(JSONError) in
            end.metadata.add(wireValue: try reader.readString().utf8, for: key)
          }
        }
      default: try reader.skip()
      }
    }
    self = end
  }
}

extension ByteBuffer {
  /// Fills the five bytes that were left free for a prefix (`MessageFramer.prefixBytes`).
  mutating func setPrefix(flag: UInt8) {
    setInteger(flag, at: readerIndex)
    setInteger(UInt32(readableBytes - MessageFramer.prefixBytes), at: readerIndex + 1)
  }
}
