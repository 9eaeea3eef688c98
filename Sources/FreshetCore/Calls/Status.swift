// The outcome of a call as gRPC's trailers carry it: one of seventeen codes, and a text.
import FreshetText

/// How a call ended: a code and a message for a developer.
public struct Status: Sendable, Hashable {
  /// gRPC's status code.
  public var code: Code
  /// A text for a person who reads a log; empty for most successful calls.
  public var message: String

  public init(code: Code, message: String = "") {
    self.code = code
    self.message = message
  }

  /// The status of a successful call.
  public static let ok = Status(code: .ok)
}

extension Status {
  /// gRPC's status codes; the raw value is the number on the wire.
  public enum Code: Int, Sendable, Hashable, CaseIterable {
    case ok = 0
    case cancelled
    case unknown
    case invalidArgument
    case deadlineExceeded
    case notFound
    case alreadyExists
    case permissionDenied
    case resourceExhausted
    case failedPrecondition
    case aborted
    case outOfRange
    case unimplemented
    case `internal`
    case unavailable
    case dataLoss
    case unauthenticated
  }
}

extension Status.Code {
  /// Parses the value of a `grpc-status` header; anything but a code of gRPC's becomes `.unknown`, never an error.
  public init(wire bytes: some Collection<UInt8>) {
    var number = 0
    guard (1...2).contains(bytes.count) else {
      self = .unknown
      return
    }
    for byte in bytes {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
        self = .unknown
        return
      }
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
    }
    self = Status.Code(rawValue: number) ?? .unknown
  }

  /// The value of a `grpc-status` header: the number without leading zeros.
  public var wireText: String { String(rawValue) }
}

extension Status.Code: CustomStringConvertible {
  /// The name in gRPC's documents, such as `DEADLINE_EXCEEDED`.
  public var description: String {
    switch self {
    case .ok: "OK"
    case .cancelled: "CANCELLED"
    case .unknown: "UNKNOWN"
    case .invalidArgument: "INVALID_ARGUMENT"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .notFound: "NOT_FOUND"
    case .alreadyExists: "ALREADY_EXISTS"
    case .permissionDenied: "PERMISSION_DENIED"
    case .resourceExhausted: "RESOURCE_EXHAUSTED"
    case .failedPrecondition: "FAILED_PRECONDITION"
    case .aborted: "ABORTED"
    case .outOfRange: "OUT_OF_RANGE"
    case .unimplemented: "UNIMPLEMENTED"
    case .internal: "INTERNAL"
    case .unavailable: "UNAVAILABLE"
    case .dataLoss: "DATA_LOSS"
    case .unauthenticated: "UNAUTHENTICATED"
    }
  }
}

extension Status: CustomStringConvertible {
  /// The code and the message in one line, with control characters escaped.
  public var description: String { message.isEmpty ? "\(code)" : "\(code): \(singleLine(message))" }
}
