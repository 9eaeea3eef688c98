// Errors with typed details, both ways: `google.rpc.Status` in grpc-status-details-bin (grpc-wire.md S16).
public import Freshet
public import GoogleRPC
public import SwiftProtobuf

extension RPCError {
  /// An error that tells programs more than its code: each detail is a message, from `google/rpc/error_details.proto`
  /// or of the application's own.
  ///
  /// ```swift
  /// throw RPCError(code: .invalidArgument, message: "the order cannot be placed", details: [
  ///   Google_Rpc_BadRequest.with { $0.fieldViolations = [.with { $0.field = "quantity" }] }
  /// ])
  /// ```
  ///
  /// The details repeat code and message, so that both agree. Everything is sent in one header list, which the client
  /// limits, often to 8 KiB. A `Google_Protobuf_Any` is taken as already packed. A detail that cannot be encoded (a
  /// proto2 message without a required field) is left out.
  public init(
    code: Status.Code, message: String, details: [any SwiftProtobuf.Message], metadata: Metadata = [:],
    cause: (any Error)? = nil
  ) {
    let status = Google_Rpc_Status.with { status in
      status.code = Int32(code.rawValue)
      status.message = message
      status.details = details.compactMap { ($0 as? Google_Protobuf_Any) ?? (try? Google_Protobuf_Any(message: $0)) }
    }
    let bytes: [UInt8]? = status.details.isEmpty ? nil : try? status.serializedBytes()
    self.init(code: code, message: message, details: bytes, metadata: metadata, cause: cause)
  }

  /// The details as received, including those of unknown types. Empty if there are none, or if the received bytes are
  /// not a `google.rpc.Status`: the plain status counts in any case.
  public var packedDetails: [Google_Protobuf_Any] { richStatus?.details ?? [] }

  /// The value of `grpc-status-details-bin`. Its code and message should equal this error's own, which take precedence.
  /// nil if there are no details or they cannot be decoded.
  public var richStatus: Google_Rpc_Status? {
    details.flatMap { try? Google_Rpc_Status(serializedBytes: $0) }
  }

  /// The first detail of this type that can be decoded.
  ///
  /// ```swift
  /// do throws(RPCError) {
  ///   _ = try await echo.get(request)
  /// } catch {
  ///   if let retry = error.detail(Google_Rpc_RetryInfo.self) { await wait(for: retry.retryDelay) }
  /// }
  /// ```
  public func detail<Detail: SwiftProtobuf.Message>(_ type: Detail.Type = Detail.self) -> Detail? {
    packedDetails.lazy.compactMap { try? Detail(unpackingAny: $0) }.first
  }

  /// All details of this type that can be decoded, in order.
  public func details<Detail: SwiftProtobuf.Message>(_ type: Detail.Type = Detail.self) -> [Detail] {
    packedDetails.compactMap { try? Detail(unpackingAny: $0) }
  }
}
