// Why `freshet generate` could not do its work.

struct GenerationFailure: Error {
  /// What to print, line by line.
  let lines: [String]

  /// - Parameter details: printed below the message as they are.
  init(_ message: String, _ details: [String] = []) { lines = ["error: " + message] + details }

  /// The findings of the compiler, which say themselves what they are.
  init(diagnostics: [String]) { lines = diagnostics }
}
