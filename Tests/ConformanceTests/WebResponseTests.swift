// The client under test calls servers that send raw responses in the web's protocols, over HTTP/2 and HTTP/1.1.
import ConformanceStubs
import ConformanceSupport
import Freshet
import FreshetWeb
import SwiftProtobuf
import TestSupport
import Testing
import WebResponses

extension ConformanceTests {
  @Suite struct WebResponseTests {
    /// All responses have their payload in the first field, and that its data.
    private let responses = OddWebResponses { text in
      let response = UnaryResponse.with { if !text.isEmpty { $0.payload.data = .init(text.utf8) } }
      do { return try response.serializedBytes() } catch { preconditionFailure("\(error)") }
    }

    @Test(arguments: [ChannelHTTPVersion.http2, .http1])
    func `W21, W38–W41: the client interprets odd responses by the rules`(_ http: ChannelHTTPVersion) async throws {
      let run = try #require(ConformanceRun.current)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, odd) in responses.all.enumerated() {
          if index >= 8 { try await group.next() }
          group.addTask {
            for callProtocol in odd.protocols where callProtocol != .grpcWebText {
              for kind in odd.isUnary ? [CallKind.unary] : [.clientStream, .serverStream, .halfDuplex] {
                try await answer(odd, callProtocol, http, kind, run)
              }
            }
          }
        }
        try await group.waitForAll()
      }
    }

    private func answer(
      _ odd: OddWebResponse, _ callProtocol: CallProtocol, _ http: ChannelHTTPVersion, _ kind: CallKind,
      _ run: ConformanceRun
    ) async throws {
      let listener = LoopbackListener()
      var request = Case(odd.name, kind, nil, requests: 1).request
      Setup.h2c.complete(&request, .with { ($0.host, $0.port) = ("127.0.0.1", UInt32(listener.port)) })
      request.testName = "\(callProtocol)/\(http)/\(request.testName)"
      request.protocol = callProtocol == .connect ? .connect : .grpcWeb
      request.httpVersion = http == .http1 ? .httpVersion1 : .httpVersion2
      let call = request
      async let response = run.call(call)
      let close = try await serve(odd, callProtocol, http, listener.accept())
      await run.record("raw server/\(call.testName)", odd.problems(try await response, kind))
      close()
    }

    /// Sends the response.
    /// - Returns: what closes the connection.
    private func serve(
      _ odd: OddWebResponse, _ callProtocol: CallProtocol, _ http: ChannelHTTPVersion, _ socket: CInt
    ) async throws -> () -> Void {
      if http == .http1 {
        let peer = RawPeer(socket)
        _ = try await peer.request()
        peer.send(odd.http1(callProtocol, odd.body))
        return { peer.close() }
      }
      let peer = try await FramePeer.on(socket: socket, peerIsClient: true)
      peer.send(.settings(), .settingsAck)
      _ = try await peer.frames { $0.streamID == 1 && $0.isEndStream }
      peer.send(.headers(1, odd.head(callProtocol), endStream: odd.body.isEmpty))
      if !odd.body.isEmpty { peer.send(.data(1, odd.body, endStream: true)) }
      return { peer.close() }
    }

    @Test func `the client speaks what the runner asks for`() async throws {
      let run = try #require(ConformanceRun.current)
      let cases: [(String, @Sendable (inout ClientCompatRequest) -> Void, line: String, type: String?)] = [
        ("gRPC-Web", { $0.protocol = .grpcWeb }, "POST ", "application/grpc-web+proto"),
        ("gRPC-Web, JSON", { ($0.protocol, $0.codec) = (.grpcWeb, .json) }, "POST ", "application/grpc-web+json"),
        ("Connect", { $0.protocol = .connect }, "POST ", "application/proto"),
        ("Connect, JSON", { ($0.protocol, $0.codec) = (.connect, .json) }, "POST ", "application/json"),
        ("Connect, GET", { ($0.protocol, $0.useGetHTTPMethod) = (.connect, true) }, "GET ", nil),
      ]
      for (name, change, line, type) in cases {
        let listener = LoopbackListener()
        var request = Case(name, .idempotentUnary, Definition()).request
        Setup.h2c.complete(&request, .with { ($0.host, $0.port) = ("127.0.0.1", UInt32(listener.port)) })
        request.httpVersion = .httpVersion1
        request.compression = .gzip
        change(&request)
        let call = request
        async let response = run.call(call)
        let peer = RawPeer(try await listener.accept())
        let head = try await peer.request().split(separator: "\r\n").map(String.init)
        peer.close()
        var problems: [String] = []
        if head.first?.hasPrefix(line + "/connectrpc.conformance.v1.ConformanceService/IdempotentUnary") != true {
          problems.append("the request is \(head.first ?? "none")")
        }
        let sent = head.first { $0.hasPrefix("content-type: ") }
        if sent != type.map({ "content-type: \($0)" }) { problems.append("\(sent ?? "no content-type")") }
        if line == "GET ", head.first?.contains("&compression=gzip&") != true {
          problems.append("it is not compressed")
        }
        guard case .response(let result) = try await response.result, result.error.code == .unavailable else {
          await run.record("raw server/\(name)", problems + ["the error is not UNAVAILABLE"])
          continue
        }
        await run.record("raw server/\(name)", problems)
      }
    }
  }
}

extension OddWebResponse {
  fileprivate func problems(_ response: ClientCompatResponse, _ kind: CallKind) -> [String] {
    guard case .response(let result) = response.result else { return ["the client says “\(response.error.message)”"] }
    var problems: [String] = []
    let isSingle = !kind.hasManyResponses
    let expected = isSingle && code == nil && texts.count != 1 ? .unimplemented : code
    if (result.hasError ? result.error.code.rawValue : nil) != expected?.rawValue {
      problems.append(
        "the error is \(result.hasError ? result.error.shortText : "none") and not \(expected.map { "\($0)" } ?? "none")"
      )
    }
    if let message, result.error.message != message { problems.append("the message is “\(result.error.message)”") }
    let payloads = result.payloads.map { String(decoding: $0.data, as: UTF8.self) }
    if payloads != (isSingle && expected != nil ? [] : texts) { problems.append("the responses are \(payloads)") }
    let trailers = result.responseTrailers.first { $0.name == "x-t" }?.value
    if let trailer, trailers != trailer { problems.append("x-t is \(trailers ?? [])") }
    return problems
  }
}
