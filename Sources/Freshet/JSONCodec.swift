// ProtoJSON as a second format of generated methods.
public import FreshetCore
public import NIOCore
public import SwiftProtobuf

/// The codec of `application/grpc+json`, and of JSON in the web's protocols: ProtoJSON (web.md W42–W47).
///
/// Unknown fields are ignored, as in Connect's implementations. A request may nest 100 messages.
public struct JSONCodec<Message: SwiftProtobuf.Message>: Codec {
  public init() {}

  public var contentSubtype: String { "json" }

  /// - Throws: `JSONEncodingError` for what JSON cannot express, such as an `Any` of an unregistered type.
  public func encode(_ message: Message, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
    try encode(message, reservingPrefix: prefixBytes, JSONEncodingOptions())
  }

  public func encodeStably(_ message: Message, reservingPrefix prefixBytes: Int) throws -> ByteBuffer {
    var options = JSONEncodingOptions()
    options.useDeterministicOrdering = true
    return try encode(message, reservingPrefix: prefixBytes, options)
  }

  private func encode(
    _ message: Message, reservingPrefix prefixBytes: Int, _ options: JSONEncodingOptions
  ) throws -> ByteBuffer {
    let json: [UInt8] = try message.jsonUTF8Bytes(options: options)
    var buffer = ByteBufferAllocator().buffer(capacity: prefixBytes + json.count)
    buffer.writeRepeatingByte(0, count: prefixBytes)
    buffer.writeBytes(json)
    return buffer
  }

  /// - Throws: `JSONDecodingError` if the bytes are not such a message.
  public func decode(_ bytes: ByteBuffer) throws -> Message {
    var options = JSONDecodingOptions()
    options.ignoreUnknownFields = true
    return try Message(jsonUTF8Bytes: Array(bytes.readableBytesView), options: options)
  }
}

/// Lets JSON have these messages inside a `google.protobuf.Any`, in this process. Generated stubs do this for theirs; a
/// type that is not registered cannot be written as JSON, nor be unpacked from it.
public func registerMessages(_ types: [any SwiftProtobuf.Message.Type]) {
  for type in types { Google_Protobuf_Any.register(messageType: type) }
}

extension MethodDescriptor where Request: SwiftProtobuf.Message, Response: SwiftProtobuf.Message {
  /// A method of protobuf messages, which clients may send and ask for as JSON as well. Generated stubs use this.
  public init(
    service: String, method: String, kind: MethodKind, idempotency: Idempotency = .unknown,
    requestCodec: ProtobufCodec<Request>, responseCodec: ProtobufCodec<Response>
  ) {
    self.init(
      service: service, method: method, kind: kind, idempotency: idempotency,
      requestCodec: requestCodec as any Codec<Request>, responseCodec: responseCodec as any Codec<Response>,
      otherFormats: [MethodFormat(requestCodec: JSONCodec<Request>(), responseCodec: JSONCodec<Response>())])
  }
}
