// How a conformance runner and a program under test speak: over standard input and output, each message behind its
// length, four bytes in network order.
import Foundation
import NIOPosix
package import SwiftProtobuf
import Synchronization

/// The program's end. Reading blocks a thread that is there to be blocked; writing is whole, from any task.
package final class RunnerPipe: Sendable {
  package struct Cut: Error {}

  private let output = Mutex(FileHandle.standardOutput)

  package init() {}

  /// The next message; nil when the runner has no more.
  /// - Throws: `Cut` when the input ends inside a message; an error of SwiftProtobuf's for one that cannot be read.
  package func next<M: SwiftProtobuf.Message>(_ type: M.Type) async throws -> M? {
    let bytes = try await NIOThreadPool.singleton.runIfActive { try Self.readMessage() }
    return try bytes.map { try M(serializedBytes: $0) }
  }

  package func write(_ message: some SwiftProtobuf.Message) throws {
    let bytes: Data = try message.serializedBytes()
    let prefix = withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Data($0) }
    try output.withLock { try $0.write(contentsOf: prefix + bytes) }
  }

  private static func readMessage() throws -> Data? {
    let prefix = try read(4)
    if prefix.isEmpty { return nil }
    guard prefix.count == 4 else { throw Cut() }
    let count = prefix.reduce(0) { $0 << 8 | Int($1) }
    let message = try read(count)
    guard message.count == count else { throw Cut() }
    return message
  }

  /// So many bytes, or fewer at the end of the input.
  private static func read(_ count: Int) throws -> Data {
    var bytes = Data()
    while bytes.count < count, let more = try FileHandle.standardInput.read(upToCount: count - bytes.count),
      !more.isEmpty
    { bytes += more }
    return bytes
  }
}
