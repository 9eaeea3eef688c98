// Describes why a socket could not be opened, in the system's words rather than NIO's.
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
    case let error as IOError: "\(String(cString: strerror(error.errnoCode))) (errno \(error.errnoCode))"
    case ChannelError.connectTimeout(let limit):
      "no answer within \(Duration.nanoseconds(limit.nanoseconds)) (connectTimeout)"
    default: "\(error)"
    }
  }
}
