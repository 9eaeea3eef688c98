// The implementations with programs for gRPC's interoperability tests; all take the same flags.
import Foundation
import TestSupport

enum TestProgram: String, Sendable {
  case freshet = "Freshet"
  case python = "gRPC for Python"
  case cpp = "gRPC C++"
  /// A client only, for a case that gRPC's own implementations hide from applications.
  case hyperH2 = "hyper-h2"

  /// A program and its fixed arguments.
  struct Command {
    var executable: String
    var arguments: [String] = []
  }

  var server: Command {
    get throws {
      switch self {
      case .freshet:
        try Command(executable: BuiltProgram.url("interop-server").path, arguments: ["--host", "127.0.0.1"])
      case .python: try Self.script("interop_server.py")
      case .cpp: try Self.compiled("interop_server")
      case .hyperH2: throw PeersMissing(description: "there is no server in hyper-h2")
      }
    }
  }

  var client: Command {
    get throws {
      switch self {
      case .freshet: try Command(executable: BuiltProgram.url("interop-client").path)
      case .python: try Self.script("interop_client.py")
      case .cpp: try Self.compiled("interop_client")
      case .hyperH2: try Self.script("interop_h2_client.py")
      }
    }
  }

  private static func script(_ name: String) throws -> Command {
    let (interpreter, stubs) = try Peers.python()
    return Command(executable: interpreter, arguments: [Peers.script(name), "--stubs", stubs])
  }

  private static func compiled(_ name: String) throws -> Command {
    guard let folder = ProcessInfo.processInfo.environment["FRESHET_PEER_CPP"] else {
      throw PeersMissing(description: "FRESHET_PEER_CPP is not set")
    }
    guard FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") else {
      throw PeersMissing(description: "FRESHET_PEER_CPP says “\(folder)”, which has no \(name)")
    }
    return Command(executable: "\(folder)/\(name)")
  }
}
