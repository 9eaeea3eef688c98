// Request heads that are built once.
import FreshetCore
import FreshetHTTP
import FreshetHTTP2
import Testing

@testable import FreshetClient

@Suite struct PlainHeadsTests {
  private let options = ChannelOptions(
    target: "ipv4:127.0.0.1:1", tls: nil, interceptors: [], configuration: ChannelConfiguration())

  private func texts(_ fields: HeaderFields) -> [String] {
    var texts: [String] = []
    fields.forEach { texts.append("\(String(decoding: $0, as: UTF8.self)): \(String(decoding: $1, as: UTF8.self))") }
    return texts
  }

  private func madeAnew(_ path: String, _ contentSubtype: String, _ timeout: Duration?, _ metadata: Metadata) throws
    -> [String]
  {
    texts(
      try RequestFields.head(
        path: path, authority: options.authority, scheme: options.scheme, contentSubtype: contentSubtype,
        timeout: timeout,
        encoding: nil, acceptEncoding: options.compressions.acceptEncoding, metadata: metadata))
  }

  @Test func `a cached head equals a new one, for more methods than are cached`() throws {
    var heads = PlainHeads()
    for round in 0..<3 {
      for method in 0..<20 {
        for contentSubtype in ["proto", "json"] {
          let metadata: Metadata = round == 1 ? ["a": .string("\(method)")] : [:]
          for timeout in [nil, .seconds(60), .seconds(method)] as [Duration?] {
            let fields = try heads.head(
              path: "/s/\(method)", contentSubtype: contentSubtype, timeout: timeout, metadata: metadata, options)
            let anew = try madeAnew("/s/\(method)", contentSubtype, timeout, metadata)
            #expect(texts(fields) == anew)
          }
        }
      }
    }
  }

  @Test func `one call's metadata does not leak into another's`() throws {
    var heads = PlainHeads()
    _ = try heads.head(path: "/s/m", contentSubtype: "proto", timeout: nil, metadata: ["a": "1"], options)
    let next = try heads.head(path: "/s/m", contentSubtype: "proto", timeout: nil, metadata: [:], options)
    let anew = try madeAnew("/s/m", "proto", nil, [:])
    #expect(texts(next) == anew)
  }

  @Test(arguments: [
    ("/s/a b", "proto"), ("/s/m\r\nx: y", "proto"), ("/s/ü", "proto"), ("s/m", "proto"), ("/s/m", "Proto"),
    ("/s/m", ""),
  ])
  func `a method with names that HTTP/2 does not allow has no head`(path: String, contentSubtype: String) {
    var heads = PlainHeads()
    for _ in 0..<2 {
      let error = #expect(throws: RPCError.self) {
        try heads.head(path: path, contentSubtype: contentSubtype, timeout: nil, metadata: [:], options)
      }
      #expect(error?.code == .internal && error?.message.contains("\n") == false)
    }
  }
}
