// Other people's clients and proxies with our server in the web's protocols.
import Foundation
import Freshet
import FreshetWeb
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct WebPeerTests {
  /// A case, or the end of all.
  private struct Row: Decodable, Sendable {
    var peer: String?
    var `protocol`: String?
    var carrier: String?
    var `case`: String?
    var passed: Bool?
    var remark: String?
    var done: Bool?
  }

  @Test func `curl, buf, connectrpc, Chromium, node, nginx, haproxy and Envoy work with our server`() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let credentials = try Credentials(in: folder)
    var table = WebPeerTable()
    try await withRunning(server) { plain in
      try await withRunning(server, tls: credentials.serverConfiguration(.tls13)) { tls in
        let process: PeerProcess<Row> = try PeerProcess(
          try Peers.python().interpreter,
          [
            Peers.script("web_peers.py"), "\(plain.port)", "\(tls.port)", credentials.authorityFile,
            Peers.root.appending(path: "Protos").path, folder.path,
            ProcessInfo.processInfo.environment["FRESHET_PEER_SOFTWARE"] ?? "",
          ])
        while true {
          let row = try await process.line("the next case", within: .seconds(120)) { _ in true }
          if row.done == true { break }
          let cells = [row.peer, row.protocol, row.carrier, row.case].map { $0 ?? "" }
          table.add(cells, passed: row.passed == true, remark: row.remark)
          if row.passed != true {
            Issue.record("web: FAILED \(cells.joined(separator: ", ")): \(row.remark ?? "")")
          }
        }
        try await process.stop()
      }
    }
    try table.publish()
  }

  private var server: Server {
    let board = CallBoard()
    var configuration = ServerConfiguration()
    configuration.trapsSignals = false
    return Server(
      services: [EchoService(board: board)], configuration: configuration,
      web: .init {
        $0.servesBidirectionalOverHTTP1 = true
        $0.cors.origins = .matching { $0.hasPrefix("http://127.0.0.1:") }
        $0.cors.allowedHeaders = [
          "x-call-id", "x-delay-ms", "x-echo-initial", "x-echo-trailing-bin", "x-endless", "x-fail-after",
          "x-fail-code", "x-fail-details", "x-fail-message", "x-gate", "x-send-bytes", "x-step",
        ]
        $0.http("GET", "/healthz") { _ in HTTPResponse("ok\n") }
        $0.showCalls(on: board)
      })
  }
}

extension WebConfiguration {
  /// Routes by which clients learn what their calls' handlers do, and go in step with them.
  fileprivate mutating func showCalls(on board: CallBoard) {
    http("GET", "/calls/{id}") { HTTPResponse(board.hasStarted($0.id) ? "started" : "none") }
    http("GET", "/calls/{id}/started") {
      _ = try await board.started($0.id)
      return HTTPResponse("started")
    }
    http("GET", "/calls/{id}/cancelled") {
      HTTPResponse(try await board.cancelled($0.id) ? "cancelled" : "its task went on")
    }
    http("GET", "/calls/{id}/sent") { HTTPResponse("\(board.sentCount($0.id))") }
    http("POST", "/calls/{id}/steps/{number}") {
      board.take(.sent, $0.number, of: $0.id)
      return HTTPResponse("taken")
    }
    http("GET", "/calls/{id}/received/{number}") {
      try await board.step(.received, $0.number, of: $0.id)
      return HTTPResponse("received")
    }
    http("POST", "/calls/{id}/visit") {
      board.record(.started(.init(metadata: [:], timeout: nil, hasClientCertificate: false)), of: $0.id)
      return HTTPResponse("seen")
    }
  }
}

extension HTTPRequest {
  fileprivate var id: String { parameters["id"] ?? "" }
  fileprivate var number: Int { parameters["number"].flatMap { Int($0) } ?? 0 }
}

/// The table that README shows: peer × carrier × protocol, with the cases that passed.
struct WebPeerTable {
  private struct Line: Hashable {
    var peer: String
    var carrier: String
  }

  private static let protocols = ["Connect", "gRPC", "gRPC-Web", "plain HTTP"]

  private let all = ResultTable(columns: ["peer", "protocol", "carrier", "case"])
  private var lines: [Line] = []
  private var counts: [Line: [String: (passed: Int, of: Int)]] = [:]
  private var skipped: Set<String> = []

  mutating func add(_ cells: [String], passed: Bool, remark: String?) {
    all.add(cells, passed: passed, remark: remark)
    if let remark, remark.hasPrefix("skipped") {
      skipped.insert("\(cells[0]): \(remark)")
      return
    }
    let line = Line(peer: cells[0], carrier: cells[2])
    if !lines.contains(line) { lines.append(line) }
    let speaks = Self.protocols.last { cells[1].hasPrefix($0) } ?? cells[1]
    let count = counts[line]?[speaks] ?? (0, 0)
    counts[line, default: [:]][speaks] = (count.passed + (passed ? 1 : 0), count.of + 1)
  }

  var markdown: String {
    let head = ["Peer", "Over"] + Self.protocols
    var rows = [head, head.map { _ in "---" }]
    rows += lines.map { line in
      [line.peer, line.carrier]
        + Self.protocols.map { speaks in counts[line]?[speaks].map { "\($0.passed) of \($0.of)" } ?? "" }
    }
    let table = rows.map { "| \($0.joined(separator: " | ")) |" }
    return (table + skipped.sorted().map { "\n\($0)" }).joined(separator: "\n") + "\n"
  }

  func publish() throws {
    let folder = Peers.root.appending(path: ".build-logs")
    try all.publish(title: "The web's protocols", to: folder.appending(path: "interop-web.txt"))
    try Data(markdown.utf8).write(to: folder.appending(path: "interop-web.md"))
  }
}
