// Sends single requests of a compressed call as they are.

/// Sends the requests that `body` sends uncompressed, although their call's options name a compression: what would not
/// get smaller, or mixes a secret with what somebody else chose.
///
/// ```swift
/// let reply = try await echo.collect(options: CallOptions(compression: .gzip)) { yield in
///   try await yield(description)
///   try await withoutCompression { try await yield(photo) }
/// }
/// ```
///
/// Holds for calls that `body` makes, for what it yields in a producing closure, and for `BidirectionalCall.send`. The
/// responses are the server's to compress or not.
public func withoutCompression<Result, Failure: Error>(
  _ body: () async throws(Failure) -> Result
) async throws(Failure) -> Result {
  let result: Swift.Result<Result, Failure> = await RequestCompression.$isOn.withValue(false) {
    do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
  }
  return try result.get()
}

/// What `withoutCompression` tells the calls of its task.
enum RequestCompression {
  @TaskLocal static var isOn = true
}
