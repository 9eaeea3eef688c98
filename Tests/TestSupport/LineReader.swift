// Reads a pipe to its end, line by line, on a thread of its own.
import Foundation

enum LineReader {
  /// Calls `onLine` with each line, without its newline, and `onEnd` once, when the last writer has closed the pipe.
  static func start(
    _ handle: FileHandle, onLine: @escaping @Sendable (Data) -> Void, onEnd: @escaping @Sendable () -> Void
  ) {
    Thread.detachNewThread {
      var rest = Data()
      while true {
        let bytes = handle.availableData  // blocks; empty means the end
        if bytes.isEmpty { break }
        let searchFrom = rest.endIndex
        rest.append(bytes)
        split(&rest, searchFrom: searchFrom, onLine)
      }
      try? handle.close()
      if !rest.isEmpty { onLine(rest) }
      onEnd()
    }
  }

  private static func split(_ rest: inout Data, searchFrom: Data.Index, _ onLine: (Data) -> Void) {
    var searchFrom = searchFrom
    while let end = newline(in: rest, from: searchFrom) {
      onLine(Data(rest[..<end]))
      rest = Data(rest[(end + 1)...])
      searchFrom = rest.startIndex
    }
  }

  /// By `memchr`, since a search through Data takes a second for a line of megabytes in a debug build.
  private static func newline(in data: Data, from start: Data.Index) -> Data.Index? {
    data[start...].withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return nil }
      let found = memchr(base, CInt(UInt8(ascii: "\n")), bytes.count)
      return found.map { start + (UnsafeRawPointer($0) - base) }
    }
  }
}
