// The one error that applications see: a status other than OK, its origin and its cause.
import FreshetText

/// A call that failed.
///
/// Thrown typed by the client; thrown by a server's handler, it becomes the status of the call (code, message, details
/// and, as trailers, the metadata). Rare fields (details, metadata, cause) share one box, so the error itself has four
/// words, which a typed throw returns in registers.
public struct RPCError: Error, Sendable {
  /// Where the status was made.
  public enum Origin: Sendable, Hashable {
    /// The peer sent it in trailers.
    case peer
    /// This process made it: a deadline, a cancellation, a lost connection, a message over a limit.
    case local
  }

  /// A text for a developer: what was attempted, with what, and what came back. For a peer's status it is the text that
  /// the peer sent, line breaks and control characters included; `description` is safe to log.
  public var message: String
  private var rare: Box?
  /// gRPC's status code; never `.ok`, unless created so.
  public var code: Status.Code
  /// Whether the peer or this process made the status.
  public var origin: Origin

  public init(
    code: Status.Code, message: String, details: [UInt8]? = nil, metadata: Metadata = Metadata(),
    cause: (any Error)? = nil,
    origin: Origin = .local
  ) {
    self.message = message
    self.code = code
    self.origin = origin
    if details != nil || !metadata.isEmpty || cause != nil {
      rare = Box(Rare(details: details, metadata: metadata, cause: cause))
    }
  }

  /// A serialized `google.rpc.Status`, as it travels in `grpc-status-details-bin`.
  public var details: [UInt8]? {
    get { rare?.value.details }
    set { changeRare { $0.details = newValue } }
  }

  /// For a peer's status: the trailers. For one thrown by a handler: additional trailers.
  public var metadata: Metadata {
    get { rare?.value.metadata ?? Metadata() }
    set { changeRare { $0.metadata = newValue } }
  }

  /// The underlying error: of HTTP/2, a socket, TLS or a codec. Never sent to the peer.
  public var cause: (any Error)? {
    get { rare?.value.cause }
    set { changeRare { $0.cause = newValue } }
  }

  /// For a call with one response that failed after its headers were received: the initial metadata, which is otherwise
  /// part of the response. A stream of responses has it as `metadata`.
  public var initialMetadata: Metadata {
    get { rare?.value.initialMetadata ?? Metadata() }
    set { changeRare { $0.initialMetadata = newValue } }
  }

  /// The number of a status that the peer sent and gRPC does not define; `code` is then `.unknown`. Nil for every other
  /// error.
  public package(set) var undefinedCode: Int? {
    get { rare?.value.undefinedCode }
    set { changeRare { $0.undefinedCode = newValue } }
  }

  /// The code and the message without the rest.
  public var status: Status { Status(code: code, message: message) }

  private struct Rare: Sendable {
    var details: [UInt8]?
    var metadata: Metadata = Metadata()
    var cause: (any Error)?
    var initialMetadata: Metadata = Metadata()
    var undefinedCode: Int?
  }

  /// Shared by copies of the error, and therefore immutable.
  private final class Box: Sendable {
    let value: Rare
    init(_ value: Rare) { self.value = value }
  }

  private mutating func changeRare(_ change: (inout Rare) -> Void) {
    var changed = rare?.value ?? Rare()
    change(&changed)
    rare = Box(changed)
  }
}

extension RPCError: CustomStringConvertible {
  /// The code, the message, the origin, and the cause unless the message already contains it, in one line.
  ///
  /// For people and logs: `message` is the peer's unaltered text; here its control characters are escaped, and it is
  /// cut at 4 KiB. Details and metadata are not shown.
  public var description: String {
    var text = "\(code)"
    if !message.isEmpty { text += ": \(singleLine(message))" }
    if origin == .peer { text += " (from the peer)" }
    if let cause, !message.contains("\(cause)") { text += " (cause: \(singleLine("\(cause)")))" }
    return text
  }
}
