// Truncation of a call's end to the client's limit.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import Testing

@testable import FreshetServer

@Suite struct GRPCEndTests {
  private static let long = String(repeating: "a long story ", count: 100)

  private func end(_ code: Status.Code, _ message: String, metadata: Metadata = [:]) -> GRPCEnd {
    GRPCEnd(
      status: Status(code: code, message: message), details: code == .ok ? nil : [1, 2, 3], metadata: metadata)
  }

  @Test(arguments: [false, true])
  func `an exact fit is unchanged, one byte less only truncates the message`(isTrailersOnly: Bool) {
    var end = end(.aborted, Self.long, metadata: ["x": "y"])
    if isTrailersOnly { end.head = GRPCFields.plainHead }
    let size = end.fields.listBytes
    var exact = end
    #expect(exact.fit(maxBytes: size).loss == nil)
    #expect(exact.status == end.status)

    let (fields, loss) = end.fit(maxBytes: size - 1)
    #expect(loss?.contains("\(size) bytes") == true)
    #expect(fields.listBytes < size)
    #expect(fields.first("grpc-status") == "10")
    #expect(end.status.message.hasPrefix("a long story") && end.status.message.hasSuffix("…"))
    #expect(fields.first("grpc-status-details-bin") == "AQID")
    #expect(fields.first("x") == "y")
  }

  @Test func `metadata that leaves no room for the message is dropped, and details with it`() {
    var end = end(.notFound, "no such book", metadata: ["x": .string(Self.long)])
    let fields = end.fit(maxBytes: 600).0
    #expect(fields.first("grpc-status") == "5")
    #expect(fields.first("grpc-message") == "no such book")
    #expect(fields.first("x") == nil)
    #expect(fields.first("grpc-status-details-bin") == nil)
  }

  @Test func `an OK whose metadata is lost becomes RESOURCE_EXHAUSTED with a reason`() {
    var end = end(.ok, "", metadata: ["x": .string(Self.long)])
    let fields = end.fit(maxBytes: 600).0
    #expect(fields.first("grpc-status") == "8")
    #expect(fields.first("grpc-message")?.contains("exceed the 600 that the client accepts") == true)
  }

  @Test func `a plain OK is sent whatever the client's limit`() {
    var end = GRPCEnd(status: .ok)
    let (fields, loss) = end.fit(maxBytes: 0)
    #expect(fields.first("grpc-status") == "0")
    #expect(loss == nil)
  }

  @Test(arguments: 0...200)
  func `the code is sent whatever the client's limit`(maxBytes: Int) {
    var end = end(.internal, Self.long, metadata: ["x": .string(Self.long)])
    let fields = end.fit(maxBytes: maxBytes).0
    #expect(fields.first("grpc-status") == "13")
    #expect(fields.listBytes <= max(maxBytes, 45))
  }
}
