// The headers of a request.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import Testing

@testable import FreshetClient

@Suite struct RequestFieldsTests {
  private func texts(_ fields: HeaderFields) -> [String] {
    var texts: [String] = []
    fields.forEach { texts.append("\(String(decoding: $0, as: UTF8.self)): \(String(decoding: $1, as: UTF8.self))") }
    return texts
  }

  @Test func `C1: pseudo-headers, grpc-timeout, te, content-type, the other reserved ones, then metadata`() throws {
    var metadata: Metadata = ["b": "1", "a": "2", "b": "3"]
    metadata.add(binary: [1, 2], for: "c-bin")
    let fields = try RequestFields.head(
      path: "/s/m", authority: "host:1", scheme: "https", contentSubtype: "proto", timeout: .seconds(2),
      encoding: "gzip",
      acceptEncoding: "identity,gzip", metadata: metadata)
    #expect(
      texts(fields) == [
        ":method: POST", ":scheme: https", ":path: /s/m", ":authority: host:1", "grpc-timeout: 2000000u",
        "te: trailers",
        "content-type: application/grpc", "grpc-encoding: gzip", "grpc-accept-encoding: identity,gzip",
        "user-agent: grpc-swift-freshet/0.1.0", "b: 1", "a: 2", "b: 3", "c-bin: AQI",
      ])
  }

  @Test func `C1: an application's user-agent precedes the library's, in one field`() throws {
    let fields = try RequestFields.head(
      path: "/s/m", authority: "h", scheme: "http", contentSubtype: "proto", timeout: nil, encoding: nil,
      acceptEncoding: "",
      metadata: ["a": "1", "User-Agent": "shop/2.1 (Debian)", "b": "2"])
    #expect(texts(fields).suffix(3) == ["user-agent: shop/2.1 (Debian) grpc-swift-freshet/0.1.0", "a: 1", "b: 2"])
  }

  @Test func `RFC 9113 §8.2.1: no value is sent with whitespace at its ends`() throws {
    var metadata: Metadata = ["a": " 1\t", "b": "\t ", "user-agent": " shop ", "c": "in side"]
    metadata.add("", for: "user-agent")
    let fields = try RequestFields.head(
      path: "/s/m", authority: "h", scheme: "http", contentSubtype: "proto", timeout: nil, encoding: nil,
      acceptEncoding: "",
      metadata: metadata)
    #expect(
      texts(fields).suffix(4) == ["user-agent: shop grpc-swift-freshet/0.1.0", "a: 1", "b: ", "c: in side"])
  }

  @Test func `C1: absent values have no field`() throws {
    let fields = try RequestFields.head(
      path: "/s/m", authority: "h", scheme: "http", contentSubtype: "json", timeout: nil, encoding: nil,
      acceptEncoding: "",
      metadata: [:])
    #expect(
      texts(fields) == [
        ":method: POST", ":scheme: http", ":path: /s/m", ":authority: h", "te: trailers",
        "content-type: application/grpc+json", "user-agent: grpc-swift-freshet/0.1.0",
      ])
  }

  @Test func `a deadline that has passed is the shortest time-out, not a negative one`() throws {
    let fields = try RequestFields.head(
      path: "/s/m", authority: "h", scheme: "http", contentSubtype: "proto", timeout: .seconds(-5), encoding: nil,
      acceptEncoding: "", metadata: [:])
    #expect(fields.first("grpc-timeout") == "1n")
  }
}
