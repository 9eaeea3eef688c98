// Sends single requests of a compressed call uncompressed.

/// Sends the requests of `body` uncompressed, although their call's options name a compression: for data that would not
/// shrink, or that mixes a secret with text chosen by an attacker.
///
/// ```swift
/// let reply = try await echo.collect(options: CallOptions(compression: .gzip)) { yield in
///   try await yield(description)
///   try await withoutCompression { try await yield(photo) }
/// }
/// ```
///
/// Applies to calls that `body` makes, to what it yields in a producing closure, and to `BidirectionalCall.send`.
/// Responses are compressed as the server decides.
public func withoutCompression<Result, Failure: Error>(
  _ body: () async throws(Failure) -> Result
) async throws(Failure) -> Result {
  let result: Swift.Result<Result, Failure> = await RequestCompression.$isOn.withValue(false) {
    do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
  }
  return try result.get()
}

/// The task-local of `withoutCompression`.
enum RequestCompression {
  @TaskLocal static var isOn = true
}
