// Why `freshet generate` failed.

struct GenerationFailure: Error {
  /// The text to print, line by line.
  let lines: [String]

  /// - Parameter details: printed below the message, unchanged.
  init(_ message: String, _ details: [String] = []) { lines = ["error: " + message] + details }

  /// The compiler's diagnostics, which have their own prefix.
  init(diagnostics: [String]) { lines = diagnostics }
}
