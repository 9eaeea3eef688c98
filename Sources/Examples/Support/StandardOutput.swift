// Lines to standard output, each at the moment it is there.
import Foundation

/// Prints a line now, also where standard output is a pipe or a file and `print` would wait for more.
package func say(_ line: String, terminator: String = "\n") {
  // A reader that has gone away, such as `head`, is no reason to fail.
  try? FileHandle.standardOutput.write(contentsOf: Data((line + terminator).utf8))
}
