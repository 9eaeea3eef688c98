// A failed call in Connect's JSON: `{"code": "not_found", "message": "…", "details": […]}` (W39, W40).
package import FreshetCore
package import NIOCore

/// The body of a unary answer that failed, and the `error` of a stream's end.
package struct ConnectError: Hashable, Sendable {
  /// Nil where what came names none of Connect's codes.
  package var code: Status.Code?
  package var message: String
  package var details: [StatusDetail]

  package init(code: Status.Code?, message: String, details: [StatusDetail] = []) {
    self.code = code
    self.message = message
    self.details = details
  }

  /// - Parameter details: a serialized google.rpc.Status, as in `RPCError.details`.
  package init(_ status: Status, details: [UInt8]?) {
    self.init(code: status.code, message: status.message, details: details.map(StatusDetails.read) ?? [])
  }

  // MARK: Writing

  package func write(to json: inout ByteBuffer) {
    json.writeStaticString("{\"code\":")
    json.writeJSON((code ?? .unknown).connectName)
    if !message.isEmpty {
      json.writeStaticString(",\"message\":")
      json.writeJSON(message)
    }
    if !details.isEmpty {
      json.writeStaticString(",\"details\":")
      json.writeJSON(details, in: ("[", "]")) { json, detail in
        json.writeStaticString("{\"type\":")
        json.writeJSON(detail.type)
        json.writeStaticString(",\"value\":")
        json.writeJSON(Base64.encode(detail.value))
        json.writeStaticString("}")
      }
    }
    json.writeStaticString("}")
  }

  /// The JSON, for the body of an answer.
  package var json: ByteBuffer {
    var json = ByteBuffer()
    write(to: &json)
    return json
  }

  // MARK: Reading

  /// The error that a unary answer says whose HTTP status is not 200, whatever its body is: one that is no JSON, or names no code,
  /// leaves the code to the HTTP status.
  /// - Parameter isJSON: whether the answer's media type is application/json.
  package static func read(_ body: some Sequence<UInt8>, isJSON: Bool, httpStatus: Int) -> ConnectError {
    let told = isJSON ? (try? read(body)) ?? nil : nil
    var error = told ?? ConnectError(code: nil, message: "")
    if error.code == nil {
      error.code = Status.Code(connectHTTPStatus: httpStatus)
      if error.message.isEmpty { error.message = "the server answered with the HTTP status \(httpStatus)" }
    }
    return error
  }

  /// - Returns: nil for `null`.
  static func read(_ body: some Sequence<UInt8>) throws(JSONError) -> ConnectError? {
    var reader = JSONReader(body)
    let error = try ConnectError(&reader)
    try reader.finish()
    return error
  }

  /// Names that are not known are ignored, and so is what has another type than it should; `debug` says nothing new.
  init?(_ reader: inout JSONReader) throws(JSONError) {
    if try reader.peek() == .null {
      try reader.skip()
      return nil
    }
    var error = ConnectError(code: nil, message: "")
    try reader.readObject { reader, name throws(JSONError) in
      switch (name, try reader.peek()) {
      case ("code", .string): error.code = Status.Code(connectName: try reader.readString())
      case ("message", .string): error.message = try reader.readString()
      case ("details", .array):
        try reader.readArray { reader throws(JSONError) in
          if let detail = try StatusDetail(&reader) { error.details.append(detail) }
        }
      default: try reader.skip()
      }
    }
    self = error
  }

  /// As the application sees it.
  /// - Parameter metadata: the answer's.
  package func rpcError(metadata: Metadata) -> RPCError {
    let code = code ?? .unknown
    let packed = details.isEmpty ? nil : StatusDetails.write(code: code.rawValue, message: message, details)
    return RPCError(code: code, message: message, details: packed, metadata: metadata, origin: .peer)
  }
}

extension StatusDetail {
  /// - Returns: nil for what has no type, or no value in base64.
  fileprivate init?(_ reader: inout JSONReader) throws(JSONError) {
    guard try reader.peek() == .object else {
      try reader.skip()
      return nil
    }
    var type: String?, value: [UInt8]?
    try reader.readObject { reader, name throws(JSONError) in
      switch (name, try reader.peek()) {
      case ("type", .string): type = try reader.readString()
      case ("value", .string): value = Base64.decode(try reader.readString().utf8)
      default: try reader.skip()
      }
    }
    guard let type, !type.isEmpty, let value else { return nil }
    self.init(type: type, value: value)
  }
}
