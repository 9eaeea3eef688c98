// Wraps echo_client.py.
import Foundation
import Freshet
import Synchronization
import TestSupport

struct PythonClient: Sendable {
  /// A command; see the script's docstring.
  struct Command: Encodable, Sendable {
    var call: CallKind
    var text: String?
    var texts: [String]?
    var `repeat`: Int?
    var pingPong: Bool?
    var metadata: [[String]] = []
    var timeoutMs: Int?
    var compression: String?
    var cancelAfterMessages: Int?
    var countsOnly: Bool?
    fileprivate var id: String?

    /// Sends these words in one request, or one per request.
    init(_ call: CallKind, _ words: [String], _ metadata: [String: String] = [:]) {
      self.call = call
      self.metadata = metadata.map { [$0, $1] }
      switch call {
      case .get, .expand: text = words.joined(separator: " ")
      case .collect, .update: texts = words
      }
    }
  }

  private struct Cancellation: Encodable {
    var cancel: String
  }

  /// A line of its output: a call's answer, or the event of its first message.
  struct Answer: Decodable, Sendable {
    var id: String?
    var event: String?
    var code: String?
    var message: String?
    var texts: [String]?
    var count: Int?
    var bytes: Int?
    var initial: [[String]]?
    var trailing: [[String]]?
    var details: [Detail]?
  }

  /// A detail of a `google.rpc.Status`, from the JSON of an Any; fields of other types are left out.
  struct Detail: Decodable, Sendable, Equatable {
    struct Violation: Decodable, Sendable, Equatable {
      var field: String
      var description: String
      var reason: String
    }
    var type: String
    var fieldViolations: [Violation]?
    var retryDelay: String?

    private enum CodingKeys: String, CodingKey {
      case type = "@type"
      case fieldViolations, retryDelay
    }
  }

  /// A call in progress. Its id is also the metadata `x-call-id`.
  struct Call: Sendable {
    let id: String
    fileprivate let process: PeerProcess<Answer>

    /// Waits for the first message.
    func first() async throws {
      try await process.line("first message of \(id)") { [id] in $0.id == id && $0.event == "first" }
    }

    func answer() async throws -> Answer {
      try await process.line("answer of \(id)") { [id] in $0.id == id && $0.event == nil }
    }

    func cancel() async throws { try await process.send(Cancellation(cancel: id)) }
  }

  let process: PeerProcess<Answer>

  /// - Parameters:
  ///   - trusting: a file with the trusted authority, instead of the right one.
  ///   - withIdentity: whether the client has a certificate where the server asks for one.
  ///   - expecting: the name expected in the server's certificate, unless the target has it.
  static func start(
    _ target: String, _ security: Security, _ credentials: Credentials, trusting: String? = nil,
    withIdentity: Bool = true, expecting name: String? = nil
  ) throws -> PythonClient {
    let (interpreter, stubs) = try Peers.python()
    var arguments = [Peers.script("echo_client.py"), "--stubs", stubs, "--target", target]
    switch security {
    case .h2c, .unix: break
    case .mutualTLS where withIdentity:
      arguments += ["--cert", credentials.clientFiles.certificate, "--key", credentials.clientFiles.key]
      fallthrough
    case .tls13, .tls12, .mutualTLS: arguments += ["--ca", trusting ?? credentials.authorityFile]
    }
    if let name { arguments += ["--host-override", name] }
    return PythonClient(process: try PeerProcess(interpreter, arguments))
  }

  func start(_ command: Command) async throws -> Call {
    var command = command
    let id = CallID.next()
    command.id = id
    command.metadata.append(["x-call-id", id])
    try await process.send(command)
    return Call(id: id, process: process)
  }

  func call(_ command: Command) async throws -> Answer { try await start(command).answer() }

  func stop() async throws { try await process.stop() }
}

extension [[String]]? {
  /// All values of a key, in order; base64 for binary ones.
  func values(_ key: String) -> [String] { (self ?? []).filter { $0.first == key }.compactMap(\.last) }
}

/// Makes ids of calls that are unique in this process.
enum CallID {
  private static let last = Atomic(0)

  static func next() -> String { "call-\(last.add(1, ordering: .relaxed).newValue)" }
}
