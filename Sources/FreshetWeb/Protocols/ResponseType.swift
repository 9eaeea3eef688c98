// Whether the content type of a response is the one that its request asked for (W21, W40).
package import FreshetCore
import FreshetText

package enum ResponseType {
  /// What is wrong with a response of HTTP status 200; nil if its messages can be read.
  /// - Parameter format: the name of the request's format.
  /// - Returns: UNKNOWN for another protocol, or none; INTERNAL for another format.
  package static func error(_ contentType: String?, _ speaks: WebProtocol, format: String) -> RPCError? {
    let type = contentType.flatMap { MediaType($0) }
    let received: String? =
      switch speaks {
      case .grpc where type?.base == "application/grpc": type?.suffix ?? "proto"
      case .grpcWeb(false) where type?.base == "application/grpc-web": type?.suffix ?? "proto"
      case .grpcWeb(true) where type?.base == "application/grpc-web-text": type?.suffix ?? "proto"
      case .connectStream where type?.base == "application/connect": type?.suffix
      case .connectUnary, .connectGET:
        type.flatMap { $0.essence.hasPrefix("application/") ? String($0.essence.dropFirst("application/".count)) : nil }
      default: nil
      }
    if received == format { return nil }
    let shown = contentType.map { "has the content type “\(printable($0))”" } ?? "has no content type"
    return RPCError(
      code: received == nil ? .unknown : .internal, message: "the response \(shown), which was not asked for")
  }
}
