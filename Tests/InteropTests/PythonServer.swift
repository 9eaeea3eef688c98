// Wraps echo_server.py.
import Foundation
import Freshet
import TestSupport

struct PythonServer: Sendable {
  /// A line of its output; see the script's docstring.
  struct Line: Decodable, Sendable {
    var port: Int?
    var unix: String?
    var event: String?
    var id: String?
    var text: String?
    var code: String?
    var received: Int?
    var sent: Int?
    var metadata: [[String]]?
    var timeout_ms: Int?

    /// All values of a key, in order; base64 for binary ones.
    func metadata(_ key: String) -> [String] { (metadata ?? []).filter { $0.first == key }.compactMap(\.last) }
  }

  let process: PeerProcess<Line>
  let target: String
  let port: Int

  static func start(
    _ security: Security, _ credentials: Credentials, unixPath: String, port: Int = 0
  ) async throws -> PythonServer {
    let (interpreter, stubs) = try Peers.python()
    var arguments = [Peers.script("echo_server.py"), "--stubs", stubs, "--port", "\(port)"]
    let files = credentials.serverFiles
    switch security {
    case .h2c: break
    case .unix: arguments += ["--unix", unixPath]
    case .tls13, .tls12: arguments += ["--tls-cert", files.certificate, "--tls-key", files.key]
    case .mutualTLS:
      arguments += ["--tls-cert", files.certificate, "--tls-key", files.key, "--client-ca", credentials.authorityFile]
    }
    let process = try PeerProcess<Line>(interpreter, arguments)
    let ready = try await process.line("it listens") { $0.event == nil }
    let target = ready.unix.map { "unix:\($0)" } ?? "ipv4:127.0.0.1:\(ready.port ?? 0)"
    return PythonServer(process: process, target: target, port: ready.port ?? 0)
  }

  /// Takes the call's next event with that name.
  @discardableResult
  func event(_ name: String, of id: String) async throws -> Line {
    try await process.line("\(name) \(id)") { $0.event == name && $0.id == id }
  }

  func has(_ name: String, of id: String) -> Bool {
    process.untakenLines.contains { $0.event == name && $0.id == id }
  }

  func stop() async throws { try await process.stop() }
}
