// A progress line that stays below the output, if the output is a terminal.
import ExampleSupport
import Foundation

struct ProgressLine {
  private let isTerminal = isatty(STDOUT_FILENO) == 1
  private let eraseLine = "\r\u{1B}[2K"

  /// Prints a line of output, and the progress line below it.
  func print(_ line: String, below progress: String) {
    if isTerminal { say("\(eraseLine)\(line)\n\(progress)", terminator: "") } else { say(line) }
  }

  /// Replaces the progress line with a final one.
  func finish(_ summary: String) {
    if isTerminal { say(eraseLine + summary) }
  }
}
