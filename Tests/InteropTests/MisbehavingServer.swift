// Wraps misbehaving_server.py.
import Freshet
import TestSupport

/// gRPC's negative HTTP/2 cases: what a server does to its client on purpose.
enum Misbehaviour: String, CaseIterable, Sendable {
  case goaway, ping
  case rstAfterHeader = "rst_after_header"
  case rstDuringData = "rst_during_data"
  case rstAfterData = "rst_after_data"
  case maxStreams = "max_streams"
  case dataFramePadding = "data_frame_padding"
}

struct MisbehavingServer: Sendable {
  /// A line of its output; see the script's docstring.
  struct Line: Decodable, Sendable {
    var port: Int?
    var event: String?
    var connection: Int?
    var stream: Int?
    var most_open: Int?
    var pings: Int?
  }

  let process: PeerProcess<Line>
  let target: String

  static func start(_ misbehaviour: Misbehaviour, responseBytes: Int) async throws -> MisbehavingServer {
    let arguments = [
      Peers.script("misbehaving_server.py"), "--case", misbehaviour.rawValue, "--size", "\(responseBytes)",
    ]
    let process = try PeerProcess<Line>(try Peers.python().interpreter, arguments)
    let ready = try await process.line("it listens") { $0.port != nil }
    return MisbehavingServer(process: process, target: "ipv4:127.0.0.1:\(ready.port ?? 0)")
  }

  /// The requests received so far, with their connections.
  var requests: [Line] { process.untakenLines.filter { $0.event == "request" } }
}
