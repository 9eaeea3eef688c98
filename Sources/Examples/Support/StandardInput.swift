// Lines from standard input as a stream that can be cancelled while waiting for input.
package import Freshet
import Foundation
import NIOPosix

/// The lines of standard input, each read on demand.
package func standardInputLines() -> AsyncGenerator<String, any Error> {
  AsyncGenerator { yield in
    var buffer: [UInt8] = []
    while let bytes = try await nextInput() {
      buffer += bytes
      while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        try await yield(String(decoding: buffer[..<end], as: UTF8.self))
        buffer.removeSubrange(...end)
      }
    }
    if !buffer.isEmpty { try await yield(String(decoding: buffer, as: UTF8.self)) }
  }
}

/// The next input, or nil at the end. Waiting blocks a thread, so it uses one of a thread pool for blocking work.
private func nextInput() async throws -> [UInt8]? {
  while true {
    try Task.checkCancellation()
    let bytes = try await NIOThreadPool.singleton.runIfActive { readInput(waitingMilliseconds: 100) }
    if let bytes { return bytes.isEmpty ? nil : bytes }
  }
}

/// Some bytes, no bytes at the end, or nil if none arrived in time.
private func readInput(waitingMilliseconds: Int32) -> [UInt8]? {
  var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
  guard poll(&input, 1, waitingMilliseconds) > 0 else { return nil }
  var bytes = [UInt8](repeating: 0, count: 4096)
  let count = read(STDIN_FILENO, &bytes, bytes.count)
  return Array(bytes.prefix(max(0, count)))
}
