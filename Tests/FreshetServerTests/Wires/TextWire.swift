// A protocol for tests, made only of what the server shows to other targets of the package.
import FreshetCore
import FreshetHTTP
import FreshetServer
import NIOCore

/// Requests as in gRPC, with another content-type; responses are lines, and the end of the call is the last line.
final class TextWire: CallWire, RequestReader {
  private static let type = "text/test"

  let callProtocol = CallProtocol("text")
  let plainHead: HeaderFields = [":status": "200", "content-type": "text/test"]
  let plainEnd: HeaderFields? = nil
  let framing = MessageFraming.own(prefixBytes: 0)
  let holdsResponse: Bool

  /// - Parameter holdsResponse: whether a single response is sent with the call's end, on which the head depends.
  init(holdsResponse: Bool = false) { self.holdsResponse = holdsResponse }

  func readHead(
    _ section: HeaderSection, timeout: UnsafeRawBufferPointer?, _ router: Router, _ compressions: CompressionRegistry
  ) throws(CallRefusal) -> RequestReading? {
    guard section.fields.first("content-type") == Self.type else { return nil }
    let path = section.fields.first(":path") ?? ""
    guard let route = Array(path.utf8).withUnsafeBytes({ router.find($0) }) else {
      let status = Status(code: .unimplemented, message: "nothing here")
      throw CallRefusal(status: status, head: plainHead, body: Self.line(of: status))
    }
    let timeout = section.fields.first("x-milliseconds").flatMap { Int($0) }.map { Duration.milliseconds($0) }
    return .call(RequestHead(self, route, section.fields, compression: nil, timeout: timeout))
  }

  func duration(_ timeout: UnsafeRawBufferPointer, _ head: RequestHead) throws(CallRefusal) -> Duration? {
    head.timeout
  }

  func accepts(_ compression: Compression, _ head: RequestHead) -> Bool { false }

  func metadata(in fields: HeaderFields) -> Metadata { ["said": .string(fields.first("x-said") ?? "nothing")] }

  func frame(_ encoded: consuming ByteBuffer, compression: Compression?) throws(RPCError) -> ByteBuffer {
    var line = encoded
    line.writeString("\n")
    return line
  }

  func responseHead(_ metadata: Metadata, compression: Compression?) -> HeaderFields {
    var fields = plainHead
    for (key, value) in metadata { fields.append(key, value.wireText) }
    return fields
  }

  func ending(of end: CallEnd, maxHeaderBytes: Int) -> CallEnding {
    var body = end.response ?? ByteBuffer()
    body.writeImmutableBuffer(Self.line(of: end.status))
    guard let initial = end.initialMetadata else { return CallEnding(end.status, body: body) }
    var head = responseHead(initial, compression: nil)
    for (key, value) in end.trailingMetadata { head.append("trailer-" + key, value.wireText) }
    return CallEnding(end.status, head: head, body: body)
  }

  private static func line(of status: Status) -> ByteBuffer { ByteBuffer(string: "END \(status)\n") }
}
