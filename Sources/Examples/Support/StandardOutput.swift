// Prints lines to standard output without buffering.
import Foundation

/// Prints a line now, even if standard output is a pipe or a file, for which `print` would buffer.
package func say(_ line: String, terminator: String = "\n") {
  // A closed reader, such as `head`, is not an error.
  try? FileHandle.standardOutput.write(contentsOf: Data((line + terminator).utf8))
}
