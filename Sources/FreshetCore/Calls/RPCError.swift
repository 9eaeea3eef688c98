// The one error that an application sees: a status other than OK, who made it, and why.
import FreshetText

/// A call that failed.
///
/// Thrown typed by the client; thrown by a server's handler, it becomes the status of the call (code, message, details
/// and, as trailers, the metadata). What is rare (details, metadata, cause) lives in one box, so that the error itself
/// stays at four words, which a typed throw returns in registers.
public struct RPCError: Error, Sendable {
  /// Who made the status.
  public enum Origin: Sendable, Hashable {
    /// The peer sent it in trailers.
    case peer
    /// This process made it: a deadline, a cancellation, a lost connection, a message beyond a limit.
    case local
  }

  /// A text for a developer: what was attempted, with what, and what came back. That of a peer's status is what the peer
  /// sent, line breaks and control characters included; `description` is safe to be logged.
  public var message: String
  private var rare: Box?
  /// Which of gRPC's outcomes it is; never `.ok`, unless it was made so.
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

  /// For a status of the peer's: the trailers. For one that a handler throws: what to add to the trailers.
  public var metadata: Metadata {
    get { rare?.value.metadata ?? Metadata() }
    set { changeRare { $0.metadata = newValue } }
  }

  /// What the layer below reported: an HTTP/2 error, a socket's, TLS's, a codec's. Never sent to the peer.
  public var cause: (any Error)? {
    get { rare?.value.cause }
    set { changeRare { $0.cause = newValue } }
  }

  /// For a call with one response that failed after its headers had come: the initial metadata, which otherwise is part
  /// of the response. A stream of responses has it as `metadata`.
  public var initialMetadata: Metadata {
    get { rare?.value.initialMetadata ?? Metadata() }
    set { changeRare { $0.initialMetadata = newValue } }
  }

  /// The number of a status that the peer sent and gRPC does not define; `code` is `.unknown` then. Nil for every other
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

  /// Shared by copies of the error, and therefore never changed.
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
  /// The code, the message, who made it, and the cause unless the message tells it already, in one line.
  ///
  /// For people and logs: `message` is the peer's text as it is, while here its control characters are escaped, and what
  /// is beyond 4 KiB is left out. Neither details nor metadata are shown.
  public var description: String {
    var text = "\(code)"
    if !message.isEmpty { text += ": \(singleLine(message))" }
    if origin == .peer { text += " (from the peer)" }
    if let cause, !message.contains("\(cause)") { text += " (cause: \(singleLine("\(cause)")))" }
    return text
  }
}
