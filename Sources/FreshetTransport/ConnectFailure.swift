// Says what came of an attempt to connect, address by address.
import NIOCore
import NIOPosix

enum ConnectFailure {
  static func text(_ error: any Error) -> String {
    guard let error = error as? NIOConnectionError else { return "\(error)" }
    if error.connectionErrors.isEmpty {
      let reason = error.dnsAError ?? error.dnsAAAAError
      return "the name “\(error.host)” does not resolve" + (reason.map { " (\($0))" } ?? "")
    }
    return error.connectionErrors.map { "\(PeerAddress.text(of: $0.target)): \($0.error)" }.joined(separator: "; ")
  }
}
