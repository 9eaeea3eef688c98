// W9, W31, W33: metadata among the fields of web protocols.
import FreshetCore
import FreshetHTTP
import FreshetWeb
import Testing

@Suite("WebMetadata")
struct WebMetadataTests {
  @Test func `W9: all fields are metadata but those of HTTP, the protocols and browsers`() {
    let fields: HeaderFields = [
      ":method": "POST", ":path": "/a.B/C", "host": "x", "connection": "close, X-Hop", "x-hop": "1", "keep-alive": "5",
      "te": "trailers", "trailer": "a", "transfer-encoding": "chunked", "upgrade": "h2c", "proxy-connection": "close",
      "content-type": "application/json", "content-length": "2", "content-encoding": "gzip", "accept-encoding": "gzip",
      "connect-protocol-version": "1", "connect-timeout-ms": "5", "trailer-connect-x": "1", "grpc-timeout": "1S",
      "sec-fetch-site": "cross-site", "user-agent": "u", "cookie": "a=b", "x-a": " 1 ", "x-a": "2", "x-bin": "AQ==, Ag",
      "trailer-x": "3",
    ]
    #expect(
      WebMetadata.read(fields) == [
        "user-agent": "u", "cookie": "a=b", "x-a": "1", "x-a": "2", "x-bin": [1] as [UInt8], "x-bin": [2] as [UInt8],
        "trailer-x": "3",
      ])
  }

  @Test func `W31: trailers are fields with a prefix, both ways`() {
    let head: Metadata = ["a": "1"], trailers: Metadata = ["b": "2", "b": "3", "c-bin": [1, 2] as [UInt8]]
    var fields: HeaderFields = [":status": "200", "content-type": "application/json"]
    fields.append(webMetadata: head)
    fields.append(connectTrailers: trailers)
    #expect(
      lines(fields).dropFirst(2) == ["a: 1", "trailer-b: 2", "trailer-b: 3", "trailer-c-bin: AQI"])
    let read = WebMetadata.readConnectResponse(fields)
    #expect(read.head == head)
    #expect(read.trailers == trailers)
  }

  @Test func `W33: reserved keys are not written, and not read`() {
    var fields: HeaderFields = [:]
    fields.append(webMetadata: ["connect-a": "1", "trailer-connect-b": "1", "content-encoding": "gzip", "sec-x": "1"])
    fields.append(connectTrailers: ["connect-a": "1"])
    #expect(fields.count == 0)
    let read = WebMetadata.readConnectResponse(["trailer-connect-a": "1", "connect-b": "2"])
    #expect(read.head.isEmpty && read.trailers.isEmpty)
  }
}
