// Lines to standard output, each at the moment it is there.
import Foundation

/// Prints a line now, also where standard output is a pipe and `print` would wait for more.
public func printLine(_ line: String) {
  try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
}
