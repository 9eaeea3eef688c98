// Says what kept a socket from being opened, in the system's words rather than in NIO's.
import NIOCore
import NIOPosix

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

enum SocketFailure {
  static func text(_ error: any Error) -> String {
    switch error {
    case let error as IOError: text(error)
    case ChannelError.connectTimeout(let limit):
      "no answer within \(Duration.nanoseconds(limit.nanoseconds)) (connectTimeout)"
    default: "\(error)"
    }
  }

  /// The system's reason, and in front of it what NIO or this module says of the attempt, unless that is only the name of a
  /// system call.
  private static func text(_ error: IOError) -> String {
    let reason = String(cString: strerror(error.errnoCode)), all = "\(error)"
    let attempt = all.firstRange(of: ": " + reason).map { all[..<$0.lowerBound] } ?? ""
    return (attempt.contains(" ") ? attempt + ": " : "") + "\(reason) (errno \(error.errnoCode))"
  }
}
