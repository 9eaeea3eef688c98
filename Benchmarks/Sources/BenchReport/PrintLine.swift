// Unbuffered lines on standard output.
import Foundation

/// Prints a line at once, even to a pipe, for which `print` would buffer it.
public func printLine(_ line: String) {
  try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
}
