// Other people's WebSocket clients with our server, and our client with their servers.
import Foundation
import Freshet
import FreshetWeb
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct WebSocketPeerTests {
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

  /// A server that listens, or the end of all.
  private struct Listening: Decodable, Sendable {
    var peer: String?
    var carrier: String?
    var url: String?
    var differs: WebSocketPeerClient.Peculiarity?
    var done: Bool?
  }

  @Test func `websockets, aiohttp, wsproto, hyper-h2, Hypercorn, Chromium and proxies work with our WebSockets`()
    async throws
  {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let credentials = try Credentials(in: folder)
    var table = WebSocketPeerTable()
    try await addClients(to: &table, folder, credentials)
    try await addServers(to: &table, credentials)
    try table.publish()
  }

  private func addClients(
    to table: inout WebSocketPeerTable, _ folder: TemporaryFolder, _ credentials: Credentials
  ) async throws {
    let board = WebSocketPeerServer.Board()
    try await withRunning(WebSocketPeerServer.make(board)) { plain in
      try await withRunning(WebSocketPeerServer.make(board), tls: credentials.serverConfiguration(.tls13)) { tls in
        let process: PeerProcess<Row> = try PeerProcess(
          try Peers.python().interpreter,
          [
            Peers.script("websocket_peers.py"), "\(plain.port)", "\(tls.port)", credentials.authorityFile,
            Peers.root.appending(path: "Protos").path, folder.path,
            ProcessInfo.processInfo.environment["FRESHET_PEER_SOFTWARE"] ?? "",
          ])
        while true {
          let row = try await process.line("the next case", within: .seconds(120)) { _ in true }
          if row.done == true { break }
          table.add(
            peer: row.peer ?? "", role: row.protocol ?? "", carrier: row.carrier ?? "", case: row.case ?? "",
            passed: row.passed == true, remark: row.remark)
        }
        try await process.stop()
      }
    }
  }

  private func addServers(to table: inout WebSocketPeerTable, _ credentials: Credentials) async throws {
    let files = credentials.serverFiles
    let process: PeerProcess<Listening> = try PeerProcess(
      try Peers.python().interpreter, [Peers.script("websocket_servers.py"), files.certificate, files.key])
    while true {
      let server = try await process.line("the next server", within: .seconds(60)) { _ in true }
      guard let peer = server.peer, let carrier = server.carrier, let url = server.url else { break }
      let client = WebSocketPeerClient(
        url: url, overHTTP2: !carrier.hasPrefix("HTTP/1.1"), authorityFile: credentials.authorityFile,
        peer: server.differs)
      for (name, body) in client.cases(fragments: peer == "websockets") {
        do {
          try await body()
          table.add(peer: peer, role: "server", carrier: carrier, case: name, passed: true, remark: nil)
        } catch {
          table.add(peer: peer, role: "server", carrier: carrier, case: name, passed: false, remark: "\(error)")
        }
      }
    }
    try await process.stop()
  }
}

/// The table that README shows: peer × role × carrier, with the number of cases that passed.
private struct WebSocketPeerTable {
  private struct Line: Hashable {
    var peer: String
    var role: String
    var carrier: String
  }

  private let all = ResultTable(columns: ["peer", "role", "carrier", "case"])
  private var lines: [Line] = []
  private var counts: [Line: (passed: Int, of: Int)] = [:]
  private var skipped: Set<String> = []

  /// A failed case is an issue of the current test.
  mutating func add(peer: String, role: String, carrier: String, case: String, passed: Bool, remark: String?) {
    let cells = [peer, role, carrier, `case`]
    all.add(cells, passed: passed, remark: remark)
    if !passed { Issue.record("websocket: FAILED \(cells.joined(separator: ", ")): \(remark ?? "")") }
    if let remark, remark.hasPrefix("skipped") {
      skipped.insert("\(peer): \(remark)")
      return
    }
    let line = Line(peer: peer, role: role, carrier: carrier)
    if counts[line] == nil { lines.append(line) }
    let count = counts[line] ?? (0, 0)
    counts[line] = (count.passed + (passed ? 1 : 0), count.of + 1)
  }

  var markdown: String {
    var table = ["| Peer | As | Over | Cases |", "|---|---|---|---|"]
    table += lines.map { line in
      let count = counts[line] ?? (0, 0)
      return "| \(line.peer) | \(line.role) | \(line.carrier) | \(count.passed) of \(count.of) |"
    }
    return (table + skipped.sorted().map { "\n\($0)" }).joined(separator: "\n") + "\n"
  }

  func publish() throws {
    let folder = Peers.root.appending(path: ".build-logs")
    try all.publish(title: "WebSocket", to: folder.appending(path: "interop-websocket.txt"))
    try Data(markdown.utf8).write(to: folder.appending(path: "interop-websocket.md"))
  }
}
