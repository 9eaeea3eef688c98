// W28–W30, W37: the head of a Connect request.
import FreshetCore
import FreshetHTTP
import FreshetWeb
import Testing

@Suite("ConnectHead")
struct ConnectHeadTests {
  private func read(
    _ fields: HeaderFields, _ speaks: WebProtocol = .connectUnary, requiresVersion: Bool = false
  ) throws(WebFault) -> ConnectHead {
    try ConnectHead(fields, speaks, .standard, requiresVersion: requiresVersion)
  }

  private func isInvalid(_ fault: WebFault?) -> Bool {
    if case .call(let status) = fault { status.code == .invalidArgument } else { false }
  }

  @Test func `W28: the version is 1, and may be missing unless it is required`() throws {
    _ = try read([:])
    _ = try read(["connect-protocol-version": "1"], requiresVersion: true)
    _ = try read([:], .connectGET, requiresVersion: true)
    #expect(isInvalid(#expect(throws: WebFault.self) { try read([:], requiresVersion: true) }))
    for version in ["2", "", "1, 1", "v1"] {
      #expect(isInvalid(#expect(throws: WebFault.self) { try read(["connect-protocol-version": version]) }))
    }
  }

  @Test func `W29: a timeout is read, and one that cannot be is INVALID_ARGUMENT`() throws {
    for speaks in [WebProtocol.connectUnary, .connectStream, .connectGET] {
      #expect(try read([:], speaks).timeout == nil)
      #expect(try read(["connect-timeout-ms": "200"], speaks).timeout == .milliseconds(200))
      for fields: HeaderFields in [
        ["connect-timeout-ms": "12345678901"], ["connect-timeout-ms": "1", "connect-timeout-ms": "1"],
      ] {
        #expect(isInvalid(#expect(throws: WebFault.self) { try read(fields, speaks) }))
      }
    }
  }

  @Test func `W30, W37: a unary request's body is compressed, and each message of a stream`() throws {
    let fields: HeaderFields = ["content-encoding": "gzip", "connect-content-encoding": "deflate"]
    #expect(try read(fields).compression?.name == "gzip")
    #expect(try read(fields, .connectStream).compression?.name == "deflate")
    #expect(try read(fields, .connectGET).compression == nil)
    #expect(ConnectHead.acceptField(.connectStream).description == "connect-accept-encoding")
    #expect(ConnectHead.acceptField(.connectUnary).description == "accept-encoding")
  }
}
