// How a call of a server ended, for its observers.
public import FreshetCore

/// How a call ended.
public struct ServerCallOutcome: Sendable {
  /// Why a call ended. More cases may be added in later versions.
  public enum Cause: Sendable, Hashable, CaseIterable {
    /// The handler has returned or thrown.
    case handler
    /// The head of the request: an unknown method, an unsupported content type or compression, a malformed field, a
    /// head over the limit.
    case refusal
    /// The requests broke a rule: none or two where one is expected, one over the limit, broken framing.
    case invalidRequest
    /// The deadline has passed.
    case deadline
    /// The client has reset the call.
    case reset
    /// This side has reset the stream: the client broke a rule of HTTP/2, or read nothing for too long.
    case resetByServer
    /// The connection was lost.
    case connectionLost
    /// The server stopped, and the call did not finish in time (`drainTimeout`).
    case drain
    /// The server held too many unread and unsent messages (`memoryBudget`).
    case memoryBudget
    /// The head of the response exceeded the client's limit.
    case oversizedHead
  }

  /// The number of messages, and their size on the wire (`ObservedMessage.bytes`).
  public struct Messages: Sendable, Hashable {
    public internal(set) var count = 0
    public internal(set) var bytes = 0
  }

  /// The status that was sent, or that explains why none could be. For a request that is not a call: what a gRPC client
  /// makes of the response.
  public let status: Status
  /// The HTTP status of the response to a request that is not a call of any protocol; nil for calls.
  public let httpStatus: Int?
  /// Why the call ended.
  public let cause: Cause
  /// The time since the head of the request was received.
  public let duration: Duration
  /// Whether the head of the response had been sent before.
  public let wasHeadSent: Bool
  /// The requests read by the handler.
  public let requests: Messages
  /// The responses that were queued; a lost client may not have received the last ones.
  public let responses: Messages
}
